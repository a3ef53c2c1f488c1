import { setImmediate } from "node:timers";

/** Turns of the event loop with nothing new after which the process counts as idle. */
const CALM = 4;
/** Turns that tasks wait at most while every one of them brings more. */
const PATIENCE = 16;

const due = new Set<() => void>();
let turning = false;
/** Turns since the last time anybody asked for anything. */
let quiet = 0;
/** Turns since the tasks were last run. */
let waited = 0;

/**
 * Runs `task` soon, once however often it is asked for until then. When the process has been idle
 * that is at the end of the current job. When it is busy, it is after the first turn of the event
 * loop that brings nothing new: a socket gives one frame a turn, so who sent many is read to the end
 * first. So a lone message is not delayed, and under load readers find many messages at a time,
 * without any timer.
 *
 * @param task must not throw
 */
export function soon(task: () => void) {
  due.add(task);
  quiet = 0;
  if (turning) return;
  turning = true;
  queueMicrotask(run);
}

function run() {
  const tasks = [...due];
  due.clear();
  waited = 0;
  for (const task of tasks) task();
  setImmediate(turn);
}

function turn() {
  quiet++;
  waited++;
  if (due.size > 0 && (quiet > 1 || waited > PATIENCE)) run();
  else if (due.size === 0 && quiet > CALM) turning = false;
  else setImmediate(turn);
}
