/** Waking: what it costs that a message reaches readers who wait for it, without any socket. */
import { Feed } from "../../hub/log/feed.ts";
import { Ids } from "../../hub/log/ids.ts";
import { entryOf } from "../../hub/log/batch.ts";
import { Log } from "../../hub/log/log.ts";

const ids = new Ids();

/** A room of so many readers; the function it gives says something and waits until all have it. */
function room(readers: number): () => Promise<void> {
  const log = new Log();
  let heard = 0;
  let all = () => {};
  for (let i = 0; i < readers; i++) {
    const feed = new Feed();
    feed.follow(log);
    (async () => {
      for await (const batches of feed) {
        for (const _ of batches) if (++heard % readers === 0) all();
      }
    })();
  }
  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    all = resolve;
    log.append(entryOf({ type: "chat", username: "ann", content: "hello", ...ids.next() }));
    await promise;
  };
}

// Keeps the way from the log to a single waiting reader short.
Deno.bench("one waiting reader hears one message", { group: "wake", baseline: true }, room(1));

// Keeps what is done per reader small: all but the first should cost far less than that one.
Deno.bench("100 waiting readers hear one message", { group: "wake" }, room(100));
