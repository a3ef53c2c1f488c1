import type { Engine } from "../../hub/engine/engine.ts";

/**
 * Which engine the hubs of the tests have. Each test file runs by itself, so one may choose another
 * before it imports tests.
 */
export const chosen: {
  engine: "memory" | "sqlite" | "redis";
  /** Makes one with a place of its own, where that is not the memory. */
  make?(): { engine: Engine; /** Is called once it has ended. */ remove?(): void };
} = { engine: "memory" };
