import { describe, expect, it } from 'vitest';
import { type AllowEntry, parseAllowEntry } from './allow-list.ts';
import { canonicalAddress } from './canonical-address.ts';
import { wouldGetIn } from './would-get-in.ts';

const allowList: AllowEntry[] = ['ann@home.example', '@team.example', '@*.sub.example'].flatMap((text) => {
  const parsed = parseAllowEntry(text);
  return parsed.ok ? [parsed.entry] : [];
});

function ask(address: string, isAgent = false) {
  const sender = canonicalAddress(address);
  if (!sender.ok) throw new Error(sender.reason);
  const agent = { name: 'scout', address: 'scout@agents.test' };
  return wouldGetIn({ sender, agent, allowList, isAgent, now: 1_000_000 });
}

describe('would this address get in?', () => {
  it.each([
    ['ann@home.example', 'ann@home.example'],
    ['Ann+shop@HOME.example', 'ann@home.example'],
    ['bob@team.example', '@team.example'],
    ['bob@a.sub.example', '@*.sub.example'],
  ])('%s does, by %s', (address, entry) => {
    expect(ask(address)).toMatchObject({ getsIn: true, entry, code: 'accepted', warning: null });
  });

  it.each(['bob@home.example', 'bob@evilteam.example', 'bob@sub.example', 'x%y@team.example'])(
    '%s does not, since it is not on the list',
    (address) => {
      expect(ask(address)).toMatchObject({ getsIn: false, entry: null, code: 'not_allowed' });
      expect(ask(address).reason).toBe(`${address} is not on the list of scout.`);
    },
  );

  it('agents do not, also where the list has their domain', () => {
    expect(ask('helper@team.example', true)).toMatchObject({ getsIn: false, code: 'own_address' });
    expect(ask('scout@agents.test')).toMatchObject({ getsIn: false, code: 'own_address' });
  });

  it('says that an address looks like another one', () => {
    // Cyrillic letters that look like "home".
    const answer = ask('ann@hоme.example');
    expect(answer).toMatchObject({ getsIn: false, code: 'not_allowed' });
    expect(answer.warning).toContain('mixes Latin and Cyrillic letters');
    expect(ask('ann@horne.example').warning).toContain('horne.example looks like home.example');
    expect(ask('ann@agent5.test').warning).toContain('looks like agents.test');
    expect(ask('bob@evilteam.example').warning).toBeNull();
  });
});
