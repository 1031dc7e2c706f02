import { mailWorkers } from './src/index.ts';
import { signingDomain } from './src/test-support/signing-domain.ts';
import { startDnsStub } from './src/test-support/dns-stub.ts';
const d = signingDomain('example.com');
const dns = await startDnsStub({ ...d.records, '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] } });
const line = (s: string, total: number) => (s + '\r\n').repeat(Math.floor(total / (Buffer.byteLength(s) + 2)));
for (const [n, body] of [['42B', line('u'.repeat(39), 24e6)], ['LF', ('u'.repeat(39) + '\n').repeat(590000)], ['one', 'x'.repeat(24e6)], ['spaces', line(' \t'.repeat(40), 24e6)]] as const) {
  const raw = await d.sign(Buffer.from('From: a@example.com\r\n\r\n' + body));
  for (const mb of [1024, 64]) {
    const w = mailWorkers({ threads: 1, dns: { servers: [dns.address] }, hostname: 'x', limits: { memoryMb: mb, inspectMs: 60000 } });
    const t = performance.now(); const r = await w.inspect(raw, { address: '192.0.2.1', helo: 'x', trusted: false }, 'a@example.com');
    console.log(n, mb, (performance.now() - t).toFixed(0), r.ok ? r.evidence.dmarc : r, process.memoryUsage().rss >> 20);
    await w.close();
  }
}
await dns.close();
