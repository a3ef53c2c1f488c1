/** The books about file descriptors. */
import { assertEquals } from "@std/assert";
import type { Fate } from "../hub/conversation/socket.ts";
import { Descriptors } from "../routes/descriptors.ts";

function books(maxConnections: number) {
  const warnings: object[] = [];
  const descriptors = new Descriptors({
    maxConnections,
    log: (level, event, fields) => warnings.push({ level, event, ...fields }),
  });
  return { descriptors, warnings };
}

/** Holds one, and gives what lets it go. */
function hold(descriptors: Descriptors): (fate: Fate) => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<Fate>();
  descriptors.hold(promise);
  return async (fate) => {
    resolve(fate);
    await promise;
    await Promise.resolve();
  };
}

/** Is everything lost that may be? */
const exhausted = ({ exhausted }: Descriptors) =>
  Promise.race([exhausted.then(() => true), Promise.resolve().then(() => false)]);

Deno.test("Descriptors are held until they are freed or lost", async () => {
  const { descriptors } = books(2);
  const [first, second] = [hold(descriptors), hold(descriptors)];
  assertEquals([descriptors.held, descriptors.full], [2, true]);
  await first!("freed");
  assertEquals([descriptors.held, descriptors.full, descriptors.lost], [1, false, 0]);
  await second!("lost");
  assertEquals([descriptors.held, descriptors.full, descriptors.lost], [0, false, 1]);
  assertEquals(await exhausted(descriptors), false);
  await hold(descriptors)("lost");
  assertEquals(await exhausted(descriptors), true);
});

Deno.test("Descriptors warn of the first that is lost, and then of each hundredth part", async () => {
  const { descriptors, warnings } = books(1_000);
  for (let i = 0; i < 31; i++) await hold(descriptors)("lost");
  const warning = { level: "warn", event: "descriptors lost", most: 1_000 };
  assertEquals(warnings, [1, 11, 21, 31].map((lost) => ({ ...warning, lost })));
});
