import { clearTimeout, setTimeout } from "node:timers";

/** The longest wait for what must come soon, in milliseconds; of the real time, also where it is faked. */
const PATIENCE = 8_000;

/** What a promise brings, or an error where it does not come soon: a fault must fail, not hang. */
export async function within<T>(promise: Promise<T>, what: string, ms = PATIENCE): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Cannot wait any longer for ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
