import { expect, it } from 'vitest';
import { proofOf } from './proof.ts';

const signature = {
  result: 'pass',
  aligned: true,
  domain: 'example.com',
  selector: 's1',
  body_length_limited: false,
  signed_at: '2026-11-28T12:00:00.000Z',
};
const found = {
  source: 'verified' as const,
  authserv: null,
  spf: { result: 'softfail', aligned: true, domain: 'example.com' },
  dkim: [signature, { ...signature, aligned: false, domain: 'list.example', signed_at: null }],
  dmarc: { result: 'pass', domain: 'example.com', policy: 'reject' as const },
};

it('has a chip for each check, good only where it proves the sender', () => {
  expect(proofOf(found).map(({ label, tone }) => [label, tone])).toEqual([
    ['Checked here', 'good'],
    ['DMARC passed', 'good'],
    ['DKIM passed', 'good'],
    ['DKIM passed', 'quiet'],
    ['SPF failed softly', 'bad'],
  ]);
});

it('takes no notice of a failure that is not of the sender', () => {
  const chips = proofOf({ ...found, spf: { ...found.spf, aligned: false } });
  expect(chips.at(-1)).toMatchObject({ label: 'SPF failed softly', tone: 'quiet' });
});

it('opens to the evidence, in which what is not known is unknown', () => {
  const facts = proofOf(found).map((chip) =>
    Object.fromEntries(chip.facts.map((fact) => [fact.name, 'at' in fact ? fact.at : fact.value])),
  );
  expect(facts[1]).toEqual({ Domain: 'example.com', 'The domain': 'asks to refuse mail that fails' });
  expect(facts[2]).toMatchObject({ Signed: '2026-11-28T12:00:00.000Z' });
  expect(facts[3]).toMatchObject({ 'From address': 'of another domain', Signed: 'unknown', Key: 's1' });
});

it('shows a result that it does not know as it is, and nothing where nothing could be read', () => {
  expect(
    proofOf({ ...found, dkim: [], dmarc: null, spf: { ...found.spf, result: 'toString' } }).at(-1),
  ).toMatchObject({
    label: 'SPF toString',
    tone: 'quiet',
  });
  expect(proofOf(null)).toEqual([]);
});
