/** Settings of a deployment: what is missing is named at once, secrets are no variables, and nothing of this machine goes along. */
import { expect, it } from 'vitest';
import { readDeployAccess, readDeploySettings } from './deploy-settings.ts';

const SET = {
  CLOUDFLARE_API_TOKEN: 'cf-token',
  DATABASE_URL: 'postgresql://postgres:pw@db.example.com/postgres',
  MAIL_DOMAIN: 'agents.example.com',
  RESEND_API_KEY: 're_abcdefgh',
};
const problemsOf = (environment: Record<string, string>) => {
  const read = readDeploySettings(environment);
  return read.ok ? [] : read.problems;
};

it('everything that is missing is named at once', () => {
  expect(problemsOf({}).map((problem) => problem.split(' must')[0])).toEqual([
    'CLOUDFLARE_API_TOKEN',
    'DATABASE_URL',
    'MAIL_DOMAIN',
    'RESEND_API_KEY or POSTMARK_SERVER_TOKEN',
  ]);
});

it.each([
  ['PUBLIC_URL', 'http://agents.example.com'],
  ['PUBLIC_URL', 'https://agents.example.com/here'],
  ['PUBLIC_URL', 'https://agents.example.com:8443'],
  ['CLOUDFLARE_ACCOUNT_ID', '../zones'],
  ['CLOUDFLARE_API_TOKEN', 'two words'],
  ['CLOUDFLARE_API_BASE_URL', 'file:///etc'],
  ['RESEND_API_KEY', 're_ abcdefgh'],
  ['DNS_OVER_HTTPS', 'http://dns.example.com'],
  ['TURN_TIMEOUT_S', '721'],
  ['MAIL_DOMAIN', '-x.y'],
])('what can not be used is named, without its text: %s=%s', (name, value) => {
  const problems = problemsOf({ ...SET, [name]: value });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(new RegExp(`^${name} (must|is no|has blanks)`));
  expect(problems[0]).not.toContain(value);
});

it('a way of mail that Workers do not have is refused', () => {
  const { RESEND_API_KEY: _, ...rest } = SET;
  expect(problemsOf({ ...rest, SMTP_URL: 'smtp://relay' })).toEqual([
    expect.stringContaining('RESEND_API_KEY or POSTMARK_SERVER_TOKEN must be set'),
    expect.stringContaining('SMTP_URL does nothing on Cloudflare'),
  ]);
});

it('variables are the settings of Workers that are set, and no secret is one', () => {
  const read = readDeploySettings({
    ...SET,
    PUBLIC_URL: 'https://agents.example.com',
    ANTHROPIC_API_KEY: 'sk-ant-abcdefgh',
    METRICS_TOKEN: 'm'.repeat(24),
    OWNER_BUDGET_USD: '20',
    SIGNUP: '',
    DATA_DIR: '/srv/data',
    PORT: '8025',
    AWS_SECRET_ACCESS_KEY: 'of something else',
  });
  expect(read).toEqual({
    ok: true,
    settings: {
      token: 'cf-token',
      accountId: null,
      apiUrl: 'https://api.cloudflare.com/client/v4',
      hostname: 'agents.example.com',
      vars: {
        MAIL_DOMAIN: 'agents.example.com',
        OWNER_BUDGET_USD: '20',
        PUBLIC_URL: 'https://agents.example.com',
      },
      secrets: {
        ANTHROPIC_API_KEY: 'sk-ant-abcdefgh',
        METRICS_TOKEN: 'm'.repeat(24),
        RESEND_API_KEY: 're_abcdefgh',
      },
    },
  });
});

it('to destroy takes the token alone', () => {
  expect(readDeployAccess({ CLOUDFLARE_API_TOKEN: 'cf-token' })).toMatchObject({ ok: true });
  expect(readDeployAccess({})).toEqual({
    ok: false,
    problems: [expect.stringContaining('CLOUDFLARE_API_TOKEN')],
  });
});
