import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

const problemsOf = (environment: Record<string, string>): string[] => {
  const read = readConfig(environment);
  return read.ok ? [] : read.problems;
};

describe('the configuration', () => {
  it('needs nothing: everything stays on this machine', () => {
    const read = readConfig({});
    expect(read).toMatchObject({
      ok: true,
      config: {
        http: { host: '127.0.0.1', port: 8025 },
        smtp: { host: '127.0.0.1', port: 2525, tls: null },
        mailDomain: 'tinyfat.localhost',
        trustedClients: ['127.0.0.0/8', '::1/128'],
        smtpUrl: null,
        anthropic: { apiKey: null, baseUrl: 'https://api.anthropic.com' },
        ownerBudgetMicroUsd: null,
        masterKeys: null,
        turnTimeoutMs: 600_000,
      },
    });
  });

  it('takes IPv6 with brackets and without', () => {
    for (const [http, smtp] of [
      ['[::1]', '::1'],
      ['::1', '[::1]'],
    ] as const) {
      expect(readConfig({ HOST: http, SMTP_HOST: smtp })).toMatchObject({
        ok: true,
        config: { http: { host: '::1' }, smtp: { host: '::1' } },
      });
    }
    expect(
      readConfig({
        DNS_SERVERS: '[2001:db8::1]:53,2001:db8::2,[2001:db8::3]',
        SMTP_URL: 'smtp://[::1]:2526',
        PUBLIC_URL: 'http://[::1]:8025',
      }),
    ).toMatchObject({ ok: true });
  });

  it('reads hosts inside that agents may reach; there are none by default', () => {
    expect(readConfig({})).toMatchObject({ config: { egressAllow: [] } });
    expect(readConfig({ EGRESS_ALLOW: 'Wiki.corp.example.com:8080, [fd00::1]:443' })).toMatchObject({
      config: { egressAllow: [{ text: 'wiki.corp.example.com:8080' }, { text: '[fd00::1]:443' }] },
    });
    const [problem] = problemsOf({ EGRESS_ALLOW: 'wiki.corp.example.com,169.254.0.0/16' });
    expect(problem).toMatch(
      /^EGRESS_ALLOW can not be used: entry 2: 169\.254\.0\.0\/16 is no private.*[^.]\.$/,
    );
  });

  it('trusts no client once the domain is a real one', () => {
    expect(readConfig({ MAIL_DOMAIN: 'Agents.Example.org' })).toMatchObject({
      ok: true,
      config: { mailDomain: 'agents.example.org', trustedClients: [] },
    });
  });

  it.each([
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['SMTP_PORT', 'smtp'],
    ['HOST', 'example.com'],
    ['HOST', '[127.0.0.1]'],
    ['SMTP_HOST', '[::1]:25'],
    ['MAIL_DOMAIN', '-x.example'],
    ['MAIL_DOMAIN', 'localhost'],
    ['TRUSTED_CLIENTS', '192.0.2.0/33'],
    ['TRUSTED_CLIENTS', '0.0.0.0/0'],
    ['TRUSTED_CLIENTS', '::ffff:192.0.2.0/120'],
    ['DNS_SERVERS', 'dead'],
    ['DNS_SERVERS', '999.1.1.1'],
    ['DNS_SERVERS', '192.0.2.1:99999'],
    ['SMTP_URL', 'http://relay.example'],
    ['SMTP_TLS_CA', '/nonexistent/ca.pem'],
    ['SMTP_TLS_CA', '/dev/null'],
    ['ANTHROPIC_API_KEY', 'sk-ant two words'],
    ['ANTHROPIC_BASE_URL', 'ftp://x'],
    ['OWNER_BUDGET_USD', '-5'],
    ['OWNER_BUDGET_USD', '1e3'],
    ['SIGNUP', 'yes'],
    ['ADMIN_EMAILS', 'you'],
    ['ADMIN_EMAILS', 'you@example.com,@example.com'],
    ['MASTER_KEYS', 'k1'],
    ['MASTER_KEYS', `k1:${'A'.repeat(40)}`],
    ['TURN_TIMEOUT_S', '0'],
    ['WORKERS', '1.5'],
    ['LOG_LEVEL', 'loud'],
    ['TINYFAT_SERVER', 'http://agents.example.com'],
    ['TINYFAT_SERVER', 'agents.example.com'],
    ['TINYFAT_TOKEN', 'tf_short'],
    ['SANDBOX', 'docker'],
    ['DATA_DIR', '/usr/share/tinyfat'],
    ['RESEND_API_KEY', 're two words'],
    ['RESEND_BASE_URL', 'api.resend.com'],
    ['POSTMARK_SERVER_TOKEN', 'täken'],
    ['POSTMARK_BASE_URL', 'smtp://api.postmarkapp.com'],
    ['RESEND_WEBHOOK_SECRET', 'whsec_x'],
    ['RESEND_WEBHOOK_SECRET', `whsec_${Buffer.from('sixteen bytes..').toString('base64')}`],
    ['POSTMARK_WEBHOOK_AUTH', 'password'],
    ['POSTMARK_WEBHOOK_AUTH', 'user:two words'],
    ['RESEND_DOWNLOAD_HOSTS', 'https://cdn.example'],
    ['RESEND_DOWNLOAD_HOSTS', 'cdn.example,10.0.0.1'],
    ['RESEND_DOWNLOAD_HOSTS', 'localhost'],
  ])('stops the start for %s=%s and names the variable', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(name)).toBe(true);
  });

  it('knows its admins by their canonical addresses', () => {
    expect(readConfig({ ADMIN_EMAILS: 'Ann@Example.com, bob@example.net,' })).toMatchObject({
      ok: true,
      config: { adminEmails: ['ann@example.com', 'bob@example.net'] },
    });
    expect(readConfig({})).toMatchObject({ ok: true, config: { adminEmails: [], signUp: 'closed' } });
    expect(readConfig({ SIGNUP: 'open' })).toMatchObject({ ok: true, config: { signUp: 'open' } });
  });

  it('reads an OpenID provider whole, or none', () => {
    const all = {
      OIDC_ISSUER: 'https://login.example/realms/people/',
      OIDC_CLIENT_ID: 'tinyfat',
      OIDC_CLIENT_SECRET: 'secret',
    };
    expect(readConfig({})).toMatchObject({ ok: true, config: { oidc: null } });
    // As the provider names itself: a slash at its end stays.
    expect(readConfig(all)).toMatchObject({ ok: true, config: { oidc: { issuer: all.OIDC_ISSUER } } });
    for (const name of Object.keys(all)) {
      const { [name]: _, ...others } = { ...all } as Record<string, string>;
      expect(problemsOf(others)).toEqual([expect.stringContaining('belong together')]);
    }
    for (const issuer of ['http://login.example', 'https://user:secret@login.example', 'login.example']) {
      const problems = problemsOf({ ...all, OIDC_ISSUER: issuer });
      expect(problems.join()).toContain('OIDC_ISSUER');
      expect(problems.join()).not.toContain('secret');
    }
  });

  it('wants a certificate whole and readable', () => {
    expect(problemsOf({ SMTP_TLS_CERT: '/nonexistent/cert.pem' })).toEqual([
      'SMTP_TLS_CERT: the file can not be read.',
      'SMTP_TLS_CERT and SMTP_TLS_KEY belong together; set both to files, or none.',
    ]);
  });

  it('tells all problems at once, and no secret', () => {
    const problems = problemsOf({
      PORT: 'x',
      ANTHROPIC_API_KEY: 'sk-ant secret',
      SMTP_URL: 'ftp://u:secret@x',
    });
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain('secret');
  });

  it('takes master keys, and tells which one is wrong without showing it', () => {
    const key = Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64');
    const read = readConfig({ MASTER_KEYS: `k1:${key}` });
    expect(read.ok && read.config.masterKeys?.map(({ id }) => id)).toEqual(['k1']);
    const problems = problemsOf({ MASTER_KEYS: `k1:${key},k2:${key.slice(4)}` });
    expect(problems).toEqual([
      'MASTER_KEYS is wrong in entry 2: the key has 29 bytes in place of 32; make one with: openssl rand -base64 32.',
    ]);
  });

  it('sends mail through the provider whose key it has', () => {
    const provider = (environment: Record<string, string>) => {
      const read = readConfig(environment);
      return read.ok ? read.config.mailProvider : read.problems;
    };
    expect(provider({})).toBeNull();
    expect(provider({ RESEND_BASE_URL: 'http://127.0.0.1:1' })).toBeNull();
    expect(provider({ RESEND_API_KEY: 're_x' })).toEqual({
      kind: 'resend',
      key: 're_x',
      baseUrl: 'https://api.resend.com',
    });
    expect(provider({ POSTMARK_SERVER_TOKEN: 't', POSTMARK_BASE_URL: 'http://127.0.0.1:1/x/' })).toEqual({
      kind: 'postmark',
      key: 't',
      baseUrl: 'http://127.0.0.1:1/x',
    });
  });

  it('takes several secrets of webhooks, so that they can be changed without a gap', () => {
    const secret = (text: string) => `whsec_${Buffer.from(text).toString('base64')}`;
    const read = readConfig({
      RESEND_API_KEY: 're_x',
      RESEND_WEBHOOK_SECRET: `${secret('the first secret of them')}, ${secret('the other secret of them')}`,
      POSTMARK_WEBHOOK_AUTH: 'a:b,c:d:e',
    });
    expect(read).toMatchObject({ ok: true, config: { webhooks: { postmarkCredentials: ['a:b', 'c:d:e'] } } });
    expect(read.ok && read.config.webhooks.resendSecrets.map((one) => Buffer.from(one).toString())).toEqual([
      'the first secret of them',
      'the other secret of them',
    ]);
  });

  it('fetches stored messages from hosts of Resend, or from those that are named', () => {
    const hosts = (environment: Record<string, string>) => {
      const read = readConfig(environment);
      return read.ok ? read.config.webhooks.downloadHosts : [];
    };
    expect(hosts({})).toEqual(['resend.com', 'resend.app', 'cloudfront.net']);
    expect(hosts({ RESEND_DOWNLOAD_HOSTS: 'Raw.Example.com, b.example' })).toEqual([
      'raw.example.com',
      'b.example',
    ]);
  });

  it('wants the key of Resend with the secret of its webhook, and no other key for Postmark’s', () => {
    const secret = `whsec_${Buffer.from('the secret of a webhook').toString('base64')}`;
    expect(problemsOf({ RESEND_WEBHOOK_SECRET: secret })).toEqual([
      'RESEND_WEBHOOK_SECRET needs RESEND_API_KEY: a webhook only tells of a mail, which is then asked for.',
    ]);
    expect(problemsOf({ POSTMARK_WEBHOOK_AUTH: 'a:b' })).toEqual([]);
  });

  it('wants named servers to be of use: a trusted client, or a webhook', () => {
    const named = { TRUSTED_AUTHSERV_IDS: 'amazonses.com', MAIL_DOMAIN: 'agents.example.org' };
    expect(problemsOf(named)).toHaveLength(1);
    expect(problemsOf({ ...named, POSTMARK_WEBHOOK_AUTH: 'a:b' })).toEqual([]);
    expect(problemsOf({ ...named, TRUSTED_CLIENTS: '192.0.2.1' })).toEqual([]);
  });

  it('wants one way out for mail, and says which were set', () => {
    const ways = { SMTP_URL: 'smtp://relay.example', RESEND_API_KEY: 're_x', POSTMARK_SERVER_TOKEN: 't' };
    expect(problemsOf(ways)).toEqual([
      'SMTP_URL and RESEND_API_KEY and POSTMARK_SERVER_TOKEN: mail goes out one way only; set one of them.',
    ]);
    expect(problemsOf({ ...ways, SMTP_URL: '' })).toHaveLength(1);
    expect(problemsOf({ ...ways, SMTP_URL: '', RESEND_API_KEY: '' })).toEqual([]);
  });

  it('takes an address that others reach only with the address that people use', () => {
    expect(problemsOf({ HOST: '0.0.0.0' })).toHaveLength(1);
    expect(readConfig({ HOST: '0.0.0.0', PUBLIC_URL: 'https://agents.example.org/' })).toMatchObject({
      ok: true,
      config: { publicUrl: 'https://agents.example.org' },
    });
  });
});
