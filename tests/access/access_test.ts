/** Who may do what, by what is known of them. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Access, type Policy, revoked } from "../../hub/access/access.ts";
import { ANYBODY, grants, type Identity, named } from "../../hub/access/identity.ts";
import { FactTable } from "../../hub/engine/facts.ts";
import { ChatError } from "../../messages.ts";

/** Somebody who has proven who they are. */
const member = (more: Partial<Identity> = {}): Identity => ({
  ...named("ann"),
  guest: false,
  ...more,
});

/** What somebody is told who asks for each thing; nothing where they may. */
function answers(policy: Policy, who: Identity, facts = new FactTable()) {
  const access = new Access(facts, policy);
  const wishes = {
    enter: () => access.enter(who),
    look: () => access.look(who),
    read: () => access.read(who, "dev"),
    join: () => access.join(who, "dev"),
    speak: () => access.speak(who, "dev"),
    whisper: () => access.whisper(who),
    moderate: () => access.moderate(who),
  };
  return Object.fromEntries(
    Object.entries(wishes).map(([name, wish]) => {
      try {
        wish();
        return [name, "yes"];
      } catch (error) {
        if (error instanceof ChatError) return [name, error.code];
        throw error;
      }
    }),
  );
}

const all = (answer: string) => ({
  ...{ enter: answer, look: answer, read: answer, join: answer, speak: answer, whisper: answer },
});

Deno.test("without a policy a guest may do everything but moderate", () => {
  assertEquals(answers({}, named("ann")), { ...all("yes"), moderate: "forbidden" });
});

Deno.test("guests may do what the policy says, and never write to one person where there are tokens", () => {
  const guest = new Access(new FactTable(), { tokens: true }).guest("ann");
  const policy = (guests: Policy["guests"]): Policy => ({ tokens: true, guests });
  assertEquals(answers(policy("on"), guest), {
    ...all("yes"),
    whisper: "forbidden",
    moderate: "forbidden",
  });
  const read = { speak: "forbidden", whisper: "forbidden", moderate: "forbidden" };
  assertEquals(answers(policy("read"), guest), { ...all("yes"), ...read });
  assertEquals(answers(policy("off"), guest), {
    ...all("unauthorized"),
    moderate: "unauthorized",
  });
});

Deno.test("a token grants rooms, exactly and by how they begin", () => {
  const off: Policy = { tokens: true, guests: "off" };
  const granted = (read: string[], write: string[]) =>
    answers(off, member({ rooms: { read, write } }));
  const yes = { ...all("yes"), moderate: "forbidden" };
  assertEquals(answers(off, member()), yes);
  assertEquals(granted([], ["dev"]), yes);
  assertEquals(granted([], ["de*"]), yes);
  assertEquals(granted(["dev"], []), { ...yes, speak: "forbidden" });
  const no = { read: "forbidden", join: "forbidden", speak: "forbidden" };
  assertEquals(granted(["deve", "d"], ["develop*"]), { ...yes, ...no });
  assertEquals(granted([], []), { ...yes, ...no });
  assertEquals(grants(["*"], "anything"), true);
  assertEquals(grants(["a.b"], "axb"), false);
});

Deno.test("only a token that says so lets somebody moderate", () => {
  assertEquals(answers({ tokens: true }, member({ admin: true })), {
    ...all("yes"),
    moderate: "yes",
  });
});

Deno.test("a token that has expired or is revoked lets nobody do anything", () => {
  const policy: Policy = { tokens: true };
  const no = { ...all("unauthorized"), moderate: "unauthorized" };
  assertEquals(answers(policy, member({ expires: Date.now() - 1, admin: true })), no);
  const facts = new FactTable();
  facts.set(revoked("one"), { value: "" });
  assertEquals(answers(policy, member({ token: "one", admin: true }), facts), no);
  assertEquals(answers(policy, member({ token: "two" }), facts), {
    ...all("yes"),
    moderate: "forbidden",
  });
});

Deno.test("a guest is nobody else who has the same name, where names belong to people", () => {
  const key = (policy: Policy, owner?: string) =>
    new Access(new FactTable(), policy).guest("Ann", owner).key;
  assertEquals(key({}), "ann");
  assertEquals(key({ tokens: true }), "##ann");
  assertEquals(key({ names: "claimed" }, "x1"), "#x1#ann");
});

Deno.test("private messages are a name's, or of whoever owns it while they are there", () => {
  const key = (policy: Policy) => new Access(new FactTable(), policy).inboxOf("Ann");
  assertEquals([key({}), key({ tokens: true })], ["ann", "ann"]);
  assertEquals(key({ names: "claimed" }), undefined);
  assertEquals(key({ tokens: true, names: "claimed" }), "ann");
});

Deno.test("who comes for the first time takes a name only where names are claimed", () => {
  const newcomer = (policy: Policy) => new Access(new FactTable(), policy).newcomer("Ann");
  assertEquals([newcomer({}).owner, newcomer({ tokens: true }).owner], [undefined, undefined]);
  const [one, other] = [1, 2].map(() => newcomer({ names: "claimed" }));
  assert(one!.owner !== undefined && one!.owner !== other!.owner && one!.key !== other!.key);
});

Deno.test("what is refused is told with the room that it is about", () => {
  const access = new Access(new FactTable(), { tokens: true });
  const who = member({ rooms: { read: [], write: [] } });
  const error = assertThrows(() => access.speak(who, "dev"), ChatError);
  assertEquals(error.about, { room: "dev" });
  access.look(ANYBODY);
});
