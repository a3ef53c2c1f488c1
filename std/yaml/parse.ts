/** The parts of `@std/yaml` this project uses, from npm. See `../README.md`. @module */

// @ts-types="./parse.d.ts"
export { parse } from "npm:deno-std@1.4.0/yaml/parse.js";
