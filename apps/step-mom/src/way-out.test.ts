import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { stepMom } from './step-mom.ts';
import { bash, inOrder, makeTurn } from './test-support/fixture.ts';

test('where traffic is intercepted, commands have no proxy but an authority, and refusals are asked where it is', async () => {
  const server = createServer((_request, response) => {
    const refused = [{ host: 'db.internal', port: 80, code: 'local_name', reason: 'it is local' }];
    response.end(JSON.stringify({ refused, next: 1, left_out: 0 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : null;
  const { folder } = await makeTurn(inOrder(bash('env'), { kind: 'text', text: 'ok' }));
  folder.writeInput();
  const gateway = { url: `http://127.0.0.1:${port}`, authorityFile: '/etc/authority.crt' };
  expect(await stepMom({ ...folder.roots, gateway })).toMatchObject({ ok: true });
  const [result] = folder.events().filter((event) => event.type === 'tool_result');
  expect(result?.output).toContain('SSL_CERT_FILE=/etc/authority.crt');
  expect(result?.output).not.toMatch(/proxy=/i);
  expect(result?.output).toContain('[network: db.internal:80 refused: it is local]');
});
