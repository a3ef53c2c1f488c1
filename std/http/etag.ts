/** The parts of `@std/http/etag` this project uses, from npm. See `../README.md`. @module */

// @ts-types="./etag.d.ts"
export { eTag, ifNoneMatch } from "npm:deno-std@1.4.0/http/etag.js";
