/** What each message pays for the question whether one may: of a guest to whom all is open, and of a token. */
import { Access, revoked } from "../../hub/access/access.ts";
import { type Identity, named } from "../../hub/access/identity.ts";
import { FactTable } from "../../hub/engine/facts.ts";

const facts = new FactTable();
const open = new Access(facts);
const closed = new Access(facts, { tokens: true, guests: "off" });
const guest = named("ann");
const member: Identity = {
  ...guest,
  ...{ guest: false, rooms: { read: ["*"], write: ["dev", "team-*"] } },
  ...{ token: crypto.randomUUID(), expires: Date.now() + 3_600_000 },
};

Deno.bench("may a guest speak, where all is open?", () => open.speak(guest, "team-one"));
Deno.bench("may somebody with a token speak?", () => closed.speak(member, "team-one"));
Deno.bench("the same, where 1,000 tokens are revoked", () => many.speak(member, "team-one"));

const full = new FactTable();
for (let i = 0; i < 1_000; i++) full.set(revoked(`${i}`), { value: "root" });
const many = new Access(full, closed.policy);
