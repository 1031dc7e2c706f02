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
        turnTimeoutMs: 600_000,
      },
    });
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
    ['MAIL_DOMAIN', '-x.example'],
    ['MAIL_DOMAIN', 'localhost'],
    ['TRUSTED_CLIENTS', '192.0.2.0/33'],
    ['TRUSTED_CLIENTS', '0.0.0.0/0'],
    ['TRUSTED_CLIENTS', '::ffff:192.0.2.0/120'],
    ['DNS_SERVERS', 'dead'],
    ['DNS_SERVERS', '999.1.1.1'],
    ['DNS_SERVERS', '192.0.2.1:99999'],
    ['SMTP_URL', 'http://relay.example'],
    ['ANTHROPIC_API_KEY', 'sk-ant two words'],
    ['ANTHROPIC_BASE_URL', 'ftp://x'],
    ['TURN_TIMEOUT_S', '0'],
    ['WORKERS', '1.5'],
    ['LOG_LEVEL', 'loud'],
    ['SANDBOX', 'docker'],
    ['DATA_DIR', '/usr/share/tinyfat'],
    ['RESEND_API_KEY', 're_x'],
  ])('stops the start for %s=%s and names the variable', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(name)).toBe(true);
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

  it('takes an address that others reach only with the address that people use', () => {
    expect(problemsOf({ HOST: '0.0.0.0' })).toHaveLength(1);
    expect(readConfig({ HOST: '0.0.0.0', PUBLIC_URL: 'https://agents.example.org/' })).toMatchObject({
      ok: true,
      config: { publicUrl: 'https://agents.example.org' },
    });
  });
});
