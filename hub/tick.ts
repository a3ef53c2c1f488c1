import { setImmediate } from "node:timers";

const due = new Set<() => void>();
let busy = false;

/**
 * Runs `task` soon, once however often it is asked for until then. When the process has been idle
 * that is at the end of the current job; when it is busy, in the next turn of the event loop,
 * together with everything else that comes up until then. So a lone message is not delayed, and
 * under load readers find many messages at a time, without any timer.
 *
 * @param task must not throw
 */
export function soon(task: () => void) {
  due.add(task);
  if (busy) return;
  busy = true;
  queueMicrotask(run);
}

function run() {
  if (due.size === 0) {
    busy = false;
    return;
  }
  const tasks = [...due];
  due.clear();
  for (const task of tasks) task();
  setImmediate(run);
}
