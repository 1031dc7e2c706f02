/** The files of nginx and Caddy as they stand; `e2e/reverse-proxy.test.ts` runs them where the programs are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../apps/server/src/config.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
const withoutComments = (text: string) => text.replaceAll(/^\s*#.*\n/gm, '');
const nginx = withoutComments(read('nginx/tinyfat.conf'));
const caddy = withoutComments(read('caddy/Caddyfile'));

describe('the files of the proxies', () => {
  it('hand on to where the server listens by default', () => {
    const read = readConfig({});
    if (!read.ok) throw new Error(read.problems.join());
    const { host, port } = read.config.http;
    expect(nginx.match(/proxy_pass \S+/g)).toEqual([`proxy_pass http://${host}:${port};`]);
    expect(caddy.match(/reverse_proxy .*/g)).toEqual([`reverse_proxy ${host}:${port}`]);
  });

  it('let the largest webhook through', () => {
    const [, largest = ''] =
      /\| `webhook_too_large` .* (\d+) MiB \(Postmark\)/.exec(read('../docs/mail-in.md')) ?? [];
    const [, limit = ''] = /client_max_body_size (\d+)m;/.exec(nginx) ?? [];
    expect(Number(largest)).toBeGreaterThan(0);
    expect(Number(limit)).toBeGreaterThanOrEqual(Number(largest));
    expect(caddy).not.toContain('max_size');
  });

  it('hand on nothing that comes without TLS', () => {
    const [, plain = '', secure = ''] = nginx.split(/^server \{$/m);
    expect(plain.match(/listen .*/g)).toEqual(['listen 80;', 'listen [::]:80;']);
    expect(plain).not.toContain('proxy_pass');
    expect(secure.match(/listen .*/g)).toEqual(['listen 443 ssl http2;', 'listen [::]:443 ssl http2;']);
    expect(caddy.match(/^\S.*/gm)).toEqual(['agents.example.com {', '}']);
  });

  it('write down neither queries nor headers that hold secrets', () => {
    const [, format = ''] = /^log_format tinyfat (.*?);$/ms.exec(nginx) ?? [];
    const variables = format.match(/\$\w+/g) ?? [];
    expect(variables).toContain('$uri');
    for (const whole of [
      '$request',
      '$request_uri',
      '$args',
      '$query_string',
      '$http_referer',
      '$http_cookie',
      '$http_authorization',
    ])
      expect(variables).not.toContain(whole);
    expect(nginx.match(/access_log .*/g)).toEqual([
      'access_log off;',
      'access_log /var/log/nginx/tinyfat.log tinyfat;',
    ]);
    for (const left of ['request>uri regexp \\?.* ""', 'request>headers delete'])
      expect(caddy).toContain(left);
  });
});
