/**
 * A folder of this computer becomes a skill, a new one or in the place of the one that the page shows: chosen in the browser, put by the API.
 * Without scripts the form of the page makes a skill of one text.
 */

/** What the API takes. */
const MOST_FILES = 200;
const MOST_BYTES = 10 * 1024 * 1024;

interface Answer {
  detail?: string;
  next_step?: string;
}

interface NewFile {
  path: string;
  content: string;
  encoding: 'base64';
  executable: boolean;
}

/** The files below the chosen folder; hidden ones are left out. */
function chosen(files: FileList): { path: string; file: File }[] {
  return [...files]
    .map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/'), file }))
    .filter(({ path }) => !path.split('/').some((part) => part.startsWith('.')));
}

async function encoded({ path, file }: { path: string; file: File }): Promise<NewFile> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  // A browser does not say which files are programs; this is how programs of text begin.
  return { path, content: btoa(text), encoding: 'base64', executable: text.startsWith('#!') };
}

function offer(place: HTMLElement, input: HTMLInputElement, said: HTMLElement): void {
  place.hidden = false;
  const put = async (files: FileList) => {
    const { etag } = place.dataset;
    const folder = files[0]?.webkitRelativePath.split('/')[0] ?? '';
    const name = place.dataset.name ?? folder;
    const all = chosen(files);
    const bytes = all.reduce((sum, { file }) => sum + file.size, 0);
    if (all.length > MOST_FILES || bytes > MOST_BYTES)
      return 'It has more than 200 files, or more than 10 MiB.';
    if (!all.some(({ path }) => path === 'SKILL.md')) return 'There is no SKILL.md in that folder.';
    const answer = await fetch(`${place.dataset.api}/${encodeURIComponent(name)}`, {
      method: 'PUT',
      headers: {
        'content-type': 'application/json',
        ...(etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag }),
      },
      body: JSON.stringify({ files: await Promise.all(all.map(encoded)) }),
    });
    if (answer.ok) {
      location.href = `${place.dataset.page}/${encodeURIComponent(name)}?done=made`;
      return 'It is there.';
    }
    const { detail = '', next_step: nextStep = '' }: Answer = await answer.json();
    return `${detail} ${nextStep}`;
  };
  input.addEventListener('change', async () => {
    const { files } = input;
    if (!files || files.length === 0) return;
    said.textContent = 'The files are sent.';
    try {
      said.textContent = await put(files);
    } catch {
      said.textContent = 'The server did not answer. Choose the folder again.';
    }
    input.value = '';
  });
}

const place = document.querySelector<HTMLElement>('[data-skill-folder]');
const input = place?.querySelector<HTMLInputElement>('input[type=file]');
const said = place?.querySelector<HTMLElement>('[role=status]');
if (place && input && said) offer(place, input, said);

export {};
