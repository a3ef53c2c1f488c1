/** The parts of `@std/http/status` this project uses, from npm. See `../README.md`. @module */

// @ts-types="./status.d.ts"
export { STATUS_CODE, STATUS_TEXT, type StatusCode } from "npm:deno-std@1.4.0/http/status.js";
