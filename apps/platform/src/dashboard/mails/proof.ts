/** How the sender of a mail was proven: one chip for each check, each with its evidence. */
import type * as v from 'valibot';
import type { evidence } from '../../api/routes/mails.ts';
import type { Tone } from '../../view/words.ts';

type Evidence = v.InferOutput<typeof evidence>;

export interface ProofChip {
  label: string;
  tone: Tone;
  /** What the check is, in a sentence. */
  meaning: string;
  /** `at` is a time, ISO 8601, in the place of words. */
  facts: ({ name: string; value: string } | { name: string; at: string })[];
}

/** RFC 8601 words as a person says them. */
const RESULTS = new Map<string, { word: string; tone: Tone }>([
  ['pass', { word: 'passed', tone: 'good' }],
  ['fail', { word: 'failed', tone: 'bad' }],
  ['softfail', { word: 'failed softly', tone: 'bad' }],
  ['permerror', { word: 'is set up wrongly', tone: 'bad' }],
  ['temperror', { word: 'could not be checked', tone: 'wait' }],
  ['neutral', { word: 'says nothing', tone: 'quiet' }],
  ['none', { word: 'is not set up', tone: 'quiet' }],
  ['policy', { word: 'not taken', tone: 'quiet' }],
]);

const POLICIES: Readonly<Record<'none' | 'quarantine' | 'reject', string>> = {
  none: 'asks for nothing to be done',
  quarantine: 'asks to set mail aside that fails',
  reject: 'asks to refuse mail that fails',
};

/** The chips in the order in which they decide; none where the mail could not be read. */
export function proofOf(found: Evidence | null): ProofChip[] {
  if (found === null) return [];
  return [source(found), ...dmarc(found), ...found.dkim.map(dkim), ...spf(found)];
}

function source({ source: from, authserv }: Evidence): ProofChip {
  const facts = authserv === null ? [] : [{ name: 'Server', value: authserv }];
  switch (from) {
    case 'verified':
      return {
        label: 'Checked here',
        tone: 'good',
        meaning: 'This server looked up the records of the domain itself.',
        facts,
      };
    case 'trusted_client':
      return {
        label: 'From a trusted machine',
        tone: 'quiet',
        meaning: 'It was handed in by a machine whose mail is taken as it is.',
        facts,
      };
    case 'asserted':
      return {
        label: 'Checked by another server',
        tone: 'good',
        meaning: 'A server that is trusted for it has checked the mail and said so in its headers.',
        facts,
      };
    case 'unverified':
      return { label: 'Not checked', tone: 'bad', meaning: 'Nobody who is trusted has checked it.', facts };
  }
}

function dmarc({ dmarc: found }: Evidence): ProofChip[] {
  if (found === null) return [];
  const { result, domain, policy } = found;
  return [
    {
      ...chip('DMARC', result),
      meaning: 'Whether the domain of the From address stands behind the mail, by SPF or DKIM.',
      facts: [
        domainOf(domain),
        { name: 'The domain', value: policy === null ? 'has no policy' : POLICIES[policy] },
      ],
    },
  ];
}

function dkim({
  result,
  domain,
  selector,
  aligned,
  body_length_limited: limited,
  signed_at: at,
}: Evidence['dkim'][number]): ProofChip {
  const made = chip('DKIM', result);
  return {
    ...made,
    // A signature of some other domain says nothing of this sender, whether it passes or fails.
    tone: aligned ? made.tone : 'quiet',
    meaning: 'A signature over the mail, made with a key that its domain publishes.',
    facts: [
      domainOf(domain),
      { name: 'Key', value: selector },
      alignment(aligned),
      { name: 'Covers', value: limited ? 'only the beginning of the text' : 'the whole text' },
      at === null ? { name: 'Signed', value: 'unknown' } : { name: 'Signed', at },
    ],
  };
}

function spf({ spf: found }: Evidence): ProofChip[] {
  if (found === null) return [];
  const { result, domain, aligned } = found;
  const made = chip('SPF', result);
  return [
    {
      ...made,
      tone: aligned ? made.tone : 'quiet',
      meaning: 'Whether the machine that sent it may send for the domain of the envelope.',
      facts: [domainOf(domain), alignment(aligned)],
    },
  ];
}

function chip(name: string, result: string): Pick<ProofChip, 'label' | 'tone'> {
  const { word, tone } = RESULTS.get(result) ?? { word: result, tone: 'quiet' as const };
  return { label: `${name} ${word}`, tone };
}

function domainOf(domain: string | null): { name: string; value: string } {
  return { name: 'Domain', value: domain ?? 'unknown' };
}

function alignment(aligned: boolean): { name: string; value: string } {
  return { name: 'From address', value: aligned ? 'of the same domain' : 'of another domain' };
}
