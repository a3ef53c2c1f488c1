/** The parts of `@std/http/negotiation` this project uses, from npm. See `../README.md`. @module */

// @ts-types="./negotiation.d.ts"
export { accepts, acceptsEncodings } from "npm:deno-std@1.4.0/http/negotiation.js";
