/** The parts of `@std/ulid` this project uses, from npm. See `../README.md`. @module */

// @ts-types="./mod.d.ts"
export { decodeTime, monotonicUlid, ulid } from "npm:deno-std@1.4.0/ulid/mod.js";
