/** The parts of `@std/http/server-sent-event-stream` this project uses, from npm. See `../README.md`. @module */

// @ts-types="./server_sent_event_stream.d.ts"
export { ServerSentEventStream } from "npm:deno-std@1.4.0/http/server_sent_event_stream.js";
export type { ServerSentEventMessage } from "./server_sent_event_stream.d.ts";
