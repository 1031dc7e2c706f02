/** A registry of npm's and Python's packages over HTTPS, with one package of each kind. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** The name that its certificate is for. */
export const REGISTRY_HOST = 'registry.example.com';

export interface Registry {
  /** On 127.0.0.1. */
  port: number;
  /** The certificate to trust, PEM. */
  certificate: Buffer;
  /** Paths that were asked for. */
  asked: string[];
  close(): Promise<void>;
}

/** Needs `openssl`, `tar` and python3 of the machine; works in `folder`. */
export async function startRegistry(folder: string): Promise<Registry> {
  const { key, certificate } = makeCertificate(folder);
  const tarball = makeTarball(folder);
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const dist = { tarball: `https://${REGISTRY_HOST}/greet/-/greet-1.0.0.tgz`, integrity };
  const version = { name: 'greet', version: '1.0.0', bin: { greet: 'greet.js' }, dist };
  const answers: Record<string, { type: string; body: Buffer | string }> = {
    '/greet': {
      type: 'application/json',
      body: JSON.stringify({
        name: 'greet',
        'dist-tags': { latest: '1.0.0' },
        versions: { '1.0.0': version },
      }),
    },
    '/greet/-/greet-1.0.0.tgz': { type: 'application/octet-stream', body: tarball },
    '/simple/salute/': {
      type: 'text/html',
      body: '<!DOCTYPE html><a href="/salute-1.0-py3-none-any.whl">salute-1.0-py3-none-any.whl</a>',
    },
    '/salute-1.0-py3-none-any.whl': { type: 'application/zip', body: makeWheel(folder) },
  };
  const asked: string[] = [];
  const server = createServer({ key, cert: certificate }, (request, response) => {
    asked.push(request.url ?? '');
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': answer?.type ?? 'text/plain' });
    response.end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    certificate,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function makeCertificate(folder: string): { key: Buffer; certificate: Buffer } {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate];
  const subject = ['-subj', `/CN=${REGISTRY_HOST}`, '-addext', `subjectAltName=DNS:${REGISTRY_HOST}`];
  execFileSync('openssl', [...words, ...subject], { stdio: 'ignore' });
  return { key: readFileSync(key), certificate: readFileSync(certificate) };
}

function makeTarball(folder: string): Buffer {
  mkdirSync(join(folder, 'package'));
  const described = { name: 'greet', version: '1.0.0', bin: { greet: 'greet.js' } };
  writeFileSync(join(folder, 'package/package.json'), JSON.stringify(described));
  writeFileSync(join(folder, 'package/greet.js'), '#!/usr/bin/env node\nconsole.log("greetings")\n');
  return execFileSync('tar', ['-czf', '-', '-C', folder, 'package']);
}

/** By hand (PyPA's "Binary distribution format"), so that nothing has to be built. */
function makeWheel(folder: string): Buffer {
  const file = join(folder, 'salute-1.0-py3-none-any.whl');
  execFileSync('/usr/bin/python3', ['-c', WHEEL, file]);
  return readFileSync(file);
}

/** A program that writes the wheel to the path in its first word. */
const WHEEL = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("salute.py", "def main():\\n    print('salutations')\\n")
    info = "salute-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: salute\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\\nsalute = salute:main\\n")
    wheel.writestr(info + "RECORD", "")
`;
