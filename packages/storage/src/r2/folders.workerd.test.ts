/** Agents' folders, whole ones too, and raw mail in a bucket of R2, in the runtime of Workers. */
import { agentFoldersContract } from '@tinyfat/contracts/agent-folders';
import { folderTreesContract } from '@tinyfat/contracts/folder-trees';
import { rawMailStoreContract } from '@tinyfat/contracts/raw-mail-store';
import { bucketFolders } from '../bucket/folders.ts';
import { bucketRawMail } from '../bucket/raw-mail.ts';
import { bucketTrees } from '../bucket/trees.ts';
import { bucket, empty } from '../test-support/r2.ts';

agentFoldersContract('r2', async () => ({
  folders: bucketFolders({ bucket, root: '', clock: Date.now }),
  dispose: empty,
}));

const open = () => bucketRawMail({ bucket, root: '' });
rawMailStoreContract('r2', async () => ({ store: open(), second: open(), breakOff: null, dispose: empty }));

folderTreesContract('r2', async () => ({ trees: bucketTrees({ bucket, root: '' }), dispose: empty }));
