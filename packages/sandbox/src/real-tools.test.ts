/** Programs of Debian's packages that need more than /usr to work, in the real sandbox. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentTools } from './agent-tools.ts';
import { type HostileRun, hostileRun, limited } from './test-support/hostile-run.ts';
import { modes } from './test-support/modes.ts';

/** As the server gives a turn: a browser needs memory and processes. */
const limits = limited({ memoryBytes: 1 << 30, processes: 256, openFiles: 1024, temporaryBytes: 256 << 20 });

/** Skips where the machine has no such program, or not the file that it shows its use of. */
const needs = (...paths: string[]) => it.skipIf(!paths.every((path) => existsSync(path)));

describe.each([...new Set(modes.slice(0, 1).concat(modes.slice(-1)))])('in the sandbox ($name)', (mode) => {
  let run: HostileRun;
  beforeAll(async () => {
    run = await hostileRun(mode);
  });
  afterAll(() => run.dispose());

  const shell = async (script: string) => {
    const { stdout, stderr, exitCode, stopped } = await run.bash(`set -e; ${script}`, limits);
    return { stdout, stderr, exitCode, stopped };
  };
  const prints = (stdout: unknown) => ({ stdout, stderr: '', exitCode: 0, stopped: null });
  const put = (name: string, text: string) => writeFile(join(run.data, name), text, { mode: 0o644 });

  needs('/usr/bin/convert', '/usr/bin/identify')(
    'convert makes pictures, under the policy of the host',
    async () => {
      const script = `convert -size 40x30 gradient:red-blue -resize 50% small.jpg; identify -format '%m %wx%h\\n' small.jpg
        convert -list policy | grep -c 'Path: /etc/ImageMagick'`;
      // Version 7 says on stderr that it has a newer name.
      expect(await shell(script)).toMatchObject({ stdout: 'JPEG 20x15\n1\n', exitCode: 0 });
    },
  );

  needs('/usr/bin/pdftotext', '/usr/bin/pdftoppm')('pdftotext and pdftoppm read a PDF', async () => {
    await put('in.pdf', PDF);
    const script = 'pdftotext in.pdf -; pdftoppm -r 20 -png in.pdf page; head -c 4 page-1.png | tail -c 3';
    expect(await shell(script)).toEqual(prints(expect.stringMatching(/^Hello agent\s+PNG$/)));
  });

  needs('/usr/bin/javac')('java compiles, trusts public authorities and begins a TLS handshake', async () => {
    await put('T.java', JAVA);
    expect(await shell('java -XX:TieredStopAtLevel=1 T.java')).toEqual(prints('Default true true\n'));
  });

  needs('/usr/bin/chromium')('chromium renders pages, without any flag of its own sandbox', async () => {
    await put('page.html', '<title>a</title><script>document.title = 6 * 7</script>');
    const script = 'chromium --headless --dump-dom file:///data/page.html';
    const result = await shell(script);
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('<title>42<') });
    expect(existsSync(join(run.data, '.cache/chromium-headless'))).toBe(false);
  });

  needs('/usr/bin/pdflatex', '/usr/bin/gs')('pdflatex sets a page, gs draws it', async () => {
    await put('page.tex', '\\documentclass{article}\\begin{document}Hi\\end{document}');
    const script = `pdflatex -interaction=batchmode page.tex >/dev/null
        gs -q -sDEVICE=png16m -r20 -o tex.png page.pdf; head -c 4 tex.png | tail -c 3`;
    expect(await shell(script)).toEqual(prints('PNG'));
  });

  needs('/usr/bin/soffice')('soffice turns text into a PDF', async () => {
    await put('letter.txt', 'Dear agent');
    const script = 'soffice --headless --convert-to pdf letter.txt >/dev/null 2>&1; head -c 4 letter.pdf';
    expect(await shell(script)).toEqual(prints('%PDF'));
  });

  needs('/usr/bin/python3', '/etc/mime.types')('python3 knows the types of files by name', async () => {
    const program = 'import mimetypes; print(mimetypes.guess_type("a.ods")[0])';
    expect(await shell(`/usr/bin/python3 -c '${program}'`)).toEqual(
      prints('application/vnd.oasis.opendocument.spreadsheet\n'),
    );
  });

  needs('/usr/bin/python3', '/etc/ssl/certs/ca-certificates.crt')(
    'python3 trusts public authorities',
    async () => {
      const program = 'import ssl; print(ssl.create_default_context().cert_store_stats()["x509_ca"] > 20)';
      expect(await shell(`/usr/bin/python3 -c '${program}'`)).toEqual(prints('True\n'));
    },
  );

  needs('/usr/bin/openssl', '/etc/ssl/openssl.cnf')('openssl makes a certificate', async () => {
    const script = `openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=agent 2>/dev/null
        openssl x509 -in cert.pem -noout -subject`;
    expect(await shell(script)).toEqual(prints(expect.stringMatching(/^subject=CN ?= ?agent\n$/)));
  });

  needs('/usr/bin/fc-list', '/etc/fonts/fonts.conf')(
    'fontconfig lists fonts and replaces a missing one',
    async () => {
      const script = 'fc-list | grep -c . | grep -vx 0 >/dev/null; fc-match Helvetica';
      expect(await shell(script)).toEqual(prints(expect.stringMatching(/\.(ttf|otf|pfb|t1|afm): "/)));
    },
  );

  needs('/usr/bin/gcc', '/usr/include/math.h')('gcc compiles, links and the program runs', async () => {
    await put(
      'm.c',
      '#include <math.h>\n#include <stdio.h>\nint main(int n, char **a) { printf("%.0f\\n", sqrt(n * 49)); }\n',
    );
    expect(await shell('gcc -O1 -o m m.c -lm; ./m')).toEqual(prints('7\n'));
  });

  needs('/usr/bin/man', '/etc/manpath.config')('man finds its pages', async () => {
    expect(await shell('manpath')).toEqual(prints(expect.stringContaining('/usr/share/man')));
  });

  needs('/usr/bin/git')('git commits and clones', async () => {
    const script = `git init -q repo; cd repo; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first
        git clone -q . ../copy; git -C ../copy log --format=%s`;
    expect(await shell(script)).toEqual(prints('first\n'));
  });

  it('what is said to be there is there inside, and nothing else is', async () => {
    const tools = agentTools();
    const asks = tools.map(({ tool }) =>
      tool === 'python3 -m venv'
        ? 'python3 -c "import ensurepip" 2>/dev/null'
        : `command -v ${tool} >/dev/null`,
    );
    const script = asks.map((ask) => `if ${ask}; then echo true; else echo false; fi`).join('\n');
    expect(await shell(script)).toEqual(prints(tools.map(({ present }) => `${present}\n`).join('')));
  });

  it('the /etc inside can’t be changed', async () => {
    const script =
      'for f in /etc/hosts /etc/new /etc/alternatives/new; do : >$f && echo $f; done 2>/dev/null; true';
    expect(await shell(script)).toEqual(prints(''));
  });
});

const PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 46>>stream
BT /F 18 Tf 20 40 Td (Hello agent) Tj ET      
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R/Size 6>>
`;

const JAVA = `import javax.net.ssl.*;
import java.nio.ByteBuffer;
import java.security.KeyStore;

public class T {
  public static void main(String[] words) throws Exception {
    SSLContext context = SSLContext.getDefault();
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init((KeyStore) null);
    int authorities = ((X509TrustManager) trust.getTrustManagers()[0]).getAcceptedIssuers().length;
    SSLEngine engine = context.createSSLEngine("example.com", 443);
    engine.setUseClientMode(true);
    engine.beginHandshake();
    int hello = engine.wrap(ByteBuffer.allocate(0), ByteBuffer.allocate(40000)).bytesProduced();
    System.out.println(context.getProtocol() + " " + (authorities > 20) + " " + (hello > 100));
  }
}
`;
