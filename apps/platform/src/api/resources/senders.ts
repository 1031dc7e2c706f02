import {
  agentRecipient,
  canonicalAddress,
  entryDomain,
  imitations,
  newSecretToken,
  parseAllowEntry,
  secretTokenHash,
  wouldGetIn,
} from '@tinyfat/core';
import {
  addAllowedSender,
  allowedSenderRows,
  allowedSenders,
  allowList,
  deleteSecretAddress,
  insertSecretAddress,
  isNameTaken,
  listSecretAddresses,
  removeAllowedSender,
  type SecretAddress,
  transact,
} from '@tinyfat/database';
import { refuse, removed } from '../answer.ts';
import { whole } from '../cursor.ts';
import { agentEndpoint } from '../endpoint.ts';
import { isoTime, isoTimeOrNull } from '../fields.ts';
import * as routes from '../routes/senders.ts';
import { oneNamed } from '../visible.ts';

const MAX_ENTRIES = 1000;
const MAX_SECRET_ADDRESSES = 200;

export const senderEndpoints = [
  agentEndpoint(routes.listAllowedSenders, async ({ agent, deps }) => {
    const rows = await allowedSenderRows(deps.db, agent.id);
    const warningOf = warnings(
      rows.map(({ entry }) => entry),
      deps.mailDomain,
    );
    return {
      ok: true,
      body: whole(
        rows.map(({ entry, created_at }) => ({
          entry,
          created_at: isoTime(created_at),
          warning: warningOf(entry),
        })),
      ),
    };
  }),

  agentEndpoint(routes.addSender, async ({ agent, deps, body }) => {
    const parsed = parseAllowEntry(body.entry);
    if (!parsed.ok) return refuse('invalid_request', `"entry": ${parsed.reason}`);
    const { entry } = parsed;
    const added = await transact(deps.db, [`agent:${agent.id}`], async (tx) => {
      if ((await allowedSenderRows(tx, agent.id)).length >= MAX_ENTRIES) return null;
      return await addAllowedSender(tx, agent.id, entry.text, deps.clock());
    });
    if (added === null) return refuse('conflict', `The list is full: it has ${MAX_ENTRIES} entries.`);
    const warningOf = warnings(await allowedSenders(deps.db, agent.id), deps.mailDomain);
    return { ok: true, body: { entry: entry.text, added, warning: warningOf(entry.text) } };
  }),

  agentEndpoint(routes.checkSender, async ({ agent, deps, query }) => {
    const parsed = canonicalAddress(query.address.trim());
    if (!parsed.ok) return refuse('invalid_request', `"address": ${parsed.reason}`);
    const recipient = agentRecipient(parsed.base, deps.mailDomain);
    const { getsIn, ...answer } = wouldGetIn({
      sender: parsed,
      agent: { name: agent.name, address: `${agent.name}@${deps.mailDomain}` },
      allowList: await allowList(deps.db, agent.id),
      isAgent: recipient.ok && (await isNameTaken(deps.db, recipient.agent)),
      now: deps.clock(),
    });
    return { ok: true, body: { address: parsed.address, gets_in: getsIn, ...answer } };
  }),

  agentEndpoint(routes.removeSender, async ({ agent, deps, params }) => {
    const parsed = parseAllowEntry(params.entry);
    if (!parsed.ok) return refuse('invalid_request', `"entry": ${parsed.reason}`);
    const gone = await removeAllowedSender(deps.db, agent.id, parsed.entry.text);
    return removed(gone);
  }),

  agentEndpoint(routes.listSecretAddresses, async ({ agent, deps }) => {
    const rows = await listSecretAddresses(deps.db, agent.id);
    return { ok: true, body: whole(rows.reverse().map(shown)) };
  }),

  agentEndpoint(routes.createSecretAddress, async ({ agent, deps, body }) => {
    const token = newSecretToken(deps.randomBytes);
    const address = canonicalAddress(`${agent.name}+${token}@${deps.mailDomain}`);
    if (!address.ok) {
      return refuse('conflict', `The agent's name is too long for a secret address (${address.reason})`);
    }
    const row = {
      id: deps.makeId(),
      agent_id: agent.id,
      token_sha256: await secretTokenHash(token),
      note: body.note,
      created_at: deps.clock(),
    };
    const fits = await transact(deps.db, [`agent:${agent.id}`], async (tx) => {
      if ((await listSecretAddresses(tx, agent.id)).length >= MAX_SECRET_ADDRESSES) return false;
      await insertSecretAddress(tx, row);
      return true;
    });
    if (!fits) {
      return refuse('conflict', `There are ${MAX_SECRET_ADDRESSES} secret addresses; revoke one first.`);
    }
    return { ok: true, body: { ...shown({ ...row, last_used_at: null }), address: address.address } };
  }),

  agentEndpoint(routes.revokeSecretAddress, async ({ agent, deps, params }) => {
    const named = oneNamed(await listSecretAddresses(deps.db, agent.id), params.id);
    if (!named.ok) return named;
    const gone = await deleteSecretAddress(deps.db, agent.id, named.row.id);
    return removed(gone);
  }),
];

/** Why an entry of these may let in somebody who is not meant: by itself, or since it looks like another one or our own domain. */
function warnings(entries: readonly string[], mailDomain: string): (entry: string) => string | null {
  const domains = entries.map(parseAllowEntry).flatMap((one) => (one.ok ? [entryDomain(one.entry)] : []));
  const imitates = imitations([...domains, mailDomain]);
  return (entry) => {
    const parsed = parseAllowEntry(entry);
    return parsed.ok ? (parsed.warning ?? imitates(entryDomain(parsed.entry))) : null;
  };
}

function shown({ id, note, created_at, last_used_at }: SecretAddress) {
  return { id, note, created_at: isoTime(created_at), last_used_at: isoTimeOrNull(last_used_at) };
}
