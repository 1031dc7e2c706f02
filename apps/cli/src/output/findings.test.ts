/** What a person reads. */
import { spawnSync } from 'node:child_process';
import { broken, type Finding, note, type Observation, ok } from '@tinyfat/server/doctor/finding';
import { describe, expect, it } from 'vitest';
import { closingLine, findingLines, worstFirst } from './findings.ts';

const as = (check: string, said: Observation): Finding => ({ check, ...said });

const relay = as(
  'relay',
  broken(
    'The certificate of the SMTP relay is of no authority that this server trusts. (127.0.0.1:587)',
    'Where that certificate is right: set SMTP_TLS_CA to a PEM file with the certificate of its authority, and restart.',
  ),
);
const sandbox = as(
  'sandbox',
  broken(
    'user namespaces are forbidden',
    null,
    "echo 'kernel.apparmor_restrict_unprivileged_userns=0' | sudo tee /etc/sysctl.d/60-tinyfat.conf && sudo sysctl --system",
  ),
);

describe('findings', () => {
  it('are a line each, with what mends them below, all in 80 columns', () => {
    const lines = [relay, sandbox, as('node', ok('v24.18.0'))].flatMap((finding) =>
      findingLines(finding, 80),
    );
    expect(lines.join('\n')).toBe(
      `
broken  relay           The certificate of the SMTP relay is of no authority
                        that this server trusts. (127.0.0.1:587)
        Where that certificate is right: set SMTP_TLS_CA to a PEM file with the
        certificate of its authority, and restart.
broken  sandbox         user namespaces are forbidden
          echo 'kernel.apparmor_restrict_unprivileged_userns=0' | sudo tee \\
            /etc/sysctl.d/60-tinyfat.conf && sudo sysctl --system
ok      node            v24.18.0
`.trim(),
    );
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('give lines for a shell that are the same command when they are copied', () => {
    const words = Array.from({ length: 40 }, (_, at) => (at % 7 === 0 ? `'a b ${at}'` : `word-${at}`));
    const [, ...lines] = findingLines(as('x', note('y', null, `printf '%s\\n' ${words.join(' ')}`)), 60);
    const said = spawnSync('sh', ['-c', lines.join('\n')], { encoding: 'utf8' });
    expect(said.stdout.trim().split('\n')).toEqual(words.map((word) => word.replaceAll("'", '')));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it('never steer the terminal', () => {
    const hostile = as('mx', broken('a\u001b[2Jb\nc', 'd\u202ee', 'rm\u0007 x'));
    expect(findingLines(hostile, 80).join('\n')).not.toMatch(/[\u001b\u0007\u202e]/);
    expect(findingLines(hostile, 80)).toHaveLength(3);
  });

  it('come with the broken ones first, and end in a count that names these', () => {
    const all: Finding[] = [
      as('node', ok('')),
      as('disk', note('', null)),
      relay,
      sandbox,
      as('keys', ok('')),
    ];
    expect(worstFirst(all).map(({ check }) => check)).toEqual(['relay', 'sandbox', 'disk', 'node', 'keys']);
    expect(closingLine(all)).toBe('2 broken (relay, sandbox), 1 note');
    expect(closingLine([as('node', ok('')), as('disk', note('', null))])).toBe('nothing broken, 1 note');
    expect(closingLine([as('node', ok('')), as('disk', ok(''))])).toBe('All 2 checks are ok.');
  });
});
