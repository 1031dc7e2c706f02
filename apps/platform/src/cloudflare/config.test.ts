/** The settings of the Worker. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readConfig, WrongSettings } from './config.ts';

const KEY = randomBytes(32);
const GIVEN = {
  MAIL_DOMAIN: 'agents.example.org',
  PUBLIC_URL: 'https://agents.example.org/',
  SIGN_IN_KEY: `s1:${KEY.toString('base64')}`,
  RESEND_API_KEY: 're_secret',
  DATA: { get() {} },
};

function problems(change: object): string {
  try {
    readConfig({ ...GIVEN, ...change });
  } catch (error) {
    if (error instanceof WrongSettings) return error.message;
    throw error;
  }
  return '';
}

describe('the settings of the platform on Workers', () => {
  it('are the texts among what the Worker is given', () => {
    const config = readConfig(GIVEN);
    expect(config.publicUrl.origin).toBe('https://agents.example.org');
    expect(config.mailProvider.kind).toBe('resend');
    expect(config.signInKey.bytes).toEqual(new Uint8Array(KEY));
  });

  it('must name where it is reached, what signs sessions, and how mail goes out', () => {
    const nothing = problems({ MAIL_DOMAIN: '', PUBLIC_URL: '', SIGN_IN_KEY: '', RESEND_API_KEY: '' });
    for (const name of ['MAIL_DOMAIN', 'PUBLIC_URL', 'SIGN_IN_KEY', 'RESEND_API_KEY']) {
      expect(nothing).toContain(`${name} `);
    }
    expect(problems({ METRICS_TOKEN: 'short' })).toMatch(/^METRICS_TOKEN is too short/);
  });

  it('repeat no secret where one can not be used', () => {
    expect(problems({ SIGN_IN_KEY: 'not-a-key' })).not.toContain('not-a-key');
  });
});
