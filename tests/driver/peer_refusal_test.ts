/** Two registrars of which one does not let the other be its peer, over real sockets. */

import assert from "node:assert/strict";
import {
  type CertificateCredentials,
  type ListeningRegistrar,
  Registrar,
  type RegistrarSecurity,
} from "../../mod.ts";
import { type Authority, makeAuthority, REGISTRAR } from "../net/certificates.ts";
import { ANY, Events } from "./secured.ts";

const LISTENERS = { asap: ANY, enrp: ANY, asapTls: ANY, enrpTls: ANY } as const;
/** So long the cold start of one that is not refused would take, twice; a handshake takes less. */
const TIMING = { maxTimeNoResponseMs: 1_000 };
const FIRST = 0x5;

async function credentialsOf(authority: Authority, name: string): Promise<CertificateCredentials> {
  const { ca } = authority;
  const { cert, key } = await authority.issue({
    names: [name],
    ips: ["127.0.0.1"],
    uris: [REGISTRAR],
  });
  return { ca, cert, key };
}

/** Security that allows those registrars, and an element. */
function allowing(
  certificates: CertificateCredentials,
  ...registrars: string[]
): RegistrarSecurity {
  const identities = registrars.map((name) => ({
    proofs: [{ kind: "certificate", name } as const],
    registrar: true,
  }));
  return { certificates, permissions: { identities } };
}

for (const identifier of [0x1, 0x9]) {
  for (const missing of ["in the other's section", "in its own section"] as const) {
    const name = `registrar ${identifier} beside ${FIRST}: without \`registrar: true\` ${missing}`;
    Deno.test(`${name} it serves only once that is mended`, async () => {
      const authority = await makeAuthority();
      const [one, two] = await Promise.all(
        ["one.example", "two.example"].map((each) => credentialsOf(authority, each)),
      );
      const isTheirs = missing === "in the other's section";
      await using first = await Registrar.start({
        ...LISTENERS,
        identifier: FIRST,
        security: isTheirs ? allowing(one!) : allowing(one!, "two.example"),
      });
      const events = new Events();
      const reloads = Promise.withResolvers<ListeningRegistrar>();
      const starting = Registrar.start({
        ...LISTENERS,
        identifier,
        mentors: first.enrpTls,
        security: isTheirs ? allowing(two!, "one.example") : allowing(two!),
        timing: TIMING,
        onEvent: events.onEvent,
        onListening: reloads.resolve,
      });
      const tooEarly = events.first("serving").then(() => assert.fail("it serves too early"));
      const { refusedBy } = await Promise.race([events.first("peer-refused"), tooEarly]);
      assert.equal(refusedBy, isTheirs ? "peer" : "self");
      // It has asked again since, and would have served long ago if it took this for a cold start.
      const again = isTheirs ? "mentor-asked" : "association-opened";
      const asked = events.first(again, () => events.of(again).length >= (isTheirs ? 4 : 2));
      await Promise.race([asked, tooEarly]);
      assert.deepEqual(events.of("serving"), []);

      if (isTheirs) await first.reload(allowing(one!, "two.example"));
      else await (await reloads.promise).reload(allowing(two!, "one.example"));
      await using second = await starting;
      assert.equal(events.of("peer-refused").length, 1);
      assert.equal(second.identifier, identifier);
    });
  }
}
