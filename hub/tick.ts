import { clearTimeout, setImmediate, setTimeout } from "node:timers";

/** Milliseconds that a turn of the event loop takes at most when it has nothing to do. */
const IDLE = 0.1;
/** Turns that tasks wait at most while every one of them brings more. */
const PATIENCE = 16;
/** The longest that writing may seem to take, and the longest rest after it, in milliseconds. */
const WRITE = 50;
const REST = 10;
/** How many are woken in one turn. */
const WAVE = 32;

const due = new Set<() => void>();
/** How often anybody asked for anything since the tasks were last run, and how often by the last turn. */
let asked = 0;
let heard = 0;
/** Turns for which tasks have been waiting. */
let waited = 0;
let turning = false;
let nap: ReturnType<typeof setTimeout> | undefined;
/** Is the runtime still writing what the tasks have said? */
let writing = false;
/** When the tasks were last run, when the last turn was, and until when to rest, in milliseconds. */
let ranAt = 0;
let turnedAt = 0;
let restUntil = 0;

/**
 * Runs `task` soon, once however often it is asked for until then.
 *
 * When nothing goes on, that is at the end of the current job: a lone message is not delayed. Else it
 * is after the first turn of the event loop that brings nothing new: a socket gives one frame a turn,
 * so who sent many is read to the end first. And when what the tasks said was much to write, one that
 * was asked for by a single message rests for as long as that took, so that it may meet another: then
 * no more than half of the time goes into telling many readers one message at a time.
 *
 * @param task must not throw
 */
export function soon(task: () => void) {
  due.add(task);
  asked++;
  if (nap) {
    clearTimeout(nap);
    nap = undefined;
    setImmediate(turn);
  } else if (!turning) {
    turning = true;
    waited = 0;
    if (performance.now() >= restUntil) queueMicrotask(run);
    else setImmediate(turn);
  }
}

function run() {
  const tasks = [...due];
  due.clear();
  asked = heard = waited = 0;
  nap = undefined;
  writing = true;
  ranAt = turnedAt = performance.now();
  setImmediate(turn);
  for (const task of tasks) task();
}

function turn() {
  const now = performance.now();
  const took = now - ranAt;
  // Other work may keep every turn long: it must not pass for writing for ever.
  if (writing && (now - turnedAt < IDLE || took > WRITE)) {
    writing = false;
    restUntil = now + Math.min(took, REST);
  }
  turnedAt = now;
  if (due.size > 0) decide(Math.round(restUntil - now));
  else if (writing) setImmediate(turn);
  else turning = false;
}

/** @param rest how long to rest still, in whole milliseconds, which is what timers count */
function decide(rest: number) {
  const quiet = asked === heard && !writing;
  heard = asked;
  if (++waited > PATIENCE) run();
  else if (!quiet) setImmediate(turn);
  else if (asked > 1 || rest <= 0) run();
  else nap = setTimeout(run, rest);
}

/**
 * Does `act` with each item: with the first few at once, with the next few in the next turn of the
 * event loop, and so on. So the runtime writes what was said to some before others are woken: the
 * first wait less, the last may find more, and there is never more in the air than a cache can hold.
 *
 * @param items may change meanwhile, as a Set may
 */
export function inWaves<T>(items: Iterable<T>, act: (item: T) => void) {
  const remaining = items[Symbol.iterator]();
  function wave() {
    for (let i = 0; i < WAVE; i++) {
      const { value, done } = remaining.next();
      if (done) return;
      act(value);
    }
    setImmediate(wave);
  }
  wave();
}
