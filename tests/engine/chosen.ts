/**
 * Which engine the hubs of the tests have. Each test file runs by itself, so one may choose another
 * before it imports tests.
 */
export const chosen: { engine: "memory" | "sqlite" } = { engine: "memory" };
