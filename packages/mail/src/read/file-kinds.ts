/**
 * Which kind of file an extension or a media type stands for. Only kinds that somebody has to be warned of, or
 * that a warning compares them with; anything else is of no kind.
 */

/** A `script` is a program as text: it runs, and it is also what a text/plain part may rightly hold. */
export type FileKind =
  | 'executable'
  | 'script'
  | 'archive'
  | 'document'
  | 'image'
  | 'audio'
  | 'video'
  | 'text'
  | 'message';

const extensions: [FileKind, string][] = [
  [
    'executable',
    `
    exe dll com scr pif cpl sys drv ocx msi msp mst msix msixbundle appx appxbundle application appref-ms
    jar class pyz apk aab ipa deb rpm pkg app appimage run elf so dylib lnk scf url desktop inf reg chm xpi crx
    swf wasm gadget`,
  ],
  [
    'script',
    `
    sh bash zsh ksh csh fish command bat cmd ps1 psm1 ps1xml vbs vbe js jse mjs cjs ws wsf wsh wsc sct hta
    py pyw pl rb php lua ahk applescript scpt`,
  ],
  [
    'archive',
    `
    zip zipx gz tgz bz2 tbz tbz2 xz txz zst tzst lz lzma lz4 7z rar tar cab arj ace lzh lha cpio ar z
    iso img vhd vhdx vmdk dmg`,
  ],
  [
    'document',
    `
    pdf ps eps xps rtf doc dot docx dotx docm dotm xls xlt xlsx xltx xlsm xltm xlsb xla xlam
    ppt pot pps pptx potx ppsx pptm potm ppsm ppam sldm odt ott ods ots odp otp odg otg odf epub mobi
    pages numbers key vsd vsdx one`,
  ],
  ['image', 'png apng jpg jpeg jfif gif webp bmp tif tiff heic heif avif svg ico psd'],
  ['audio', 'mp3 wav ogg oga opus flac m4a aac wma amr aiff mid'],
  ['video', 'mp4 m4v mov avi mkv webm mpg mpeg wmv 3gp'],
  ['text', 'txt csv tsv md log json xml html htm yaml yml toml ini conf css sql ics vcs vcf'],
  ['message', 'eml msg mbox'],
];

const types: [FileKind, string][] = [
  [
    'executable',
    `
    application/x-msdownload application/vnd.microsoft.portable-executable application/x-msdos-program
    application/x-dosexec application/x-executable application/x-elf application/x-mach-binary
    application/x-sharedlib application/java-vm application/java-archive application/x-java-archive
    application/vnd.android.package-archive application/x-deb application/vnd.debian.binary-package
    application/x-rpm application/x-msi application/vnd.ms-appx application/x-ms-shortcut
    application/x-ms-regedit application/vnd.ms-htmlhelp application/x-google-chrome-extension
    application/x-xpinstall application/wasm application/x-shockwave-flash`,
  ],
  [
    'script',
    `
    text/x-script text/x-shellscript text/x-sh application/x-sh application/x-shellscript application/x-csh
    application/javascript text/javascript application/x-javascript application/ecmascript text/vbscript
    application/hta application/bat application/x-bat application/x-powershell text/x-python
    application/x-python-code text/x-perl application/x-perl text/x-ruby application/x-ruby
    application/x-httpd-php`,
  ],
  [
    'archive',
    `
    application/zip application/x-zip application/x-zip-compressed application/gzip application/x-gzip
    application/x-bzip application/x-bzip2 application/x-xz application/zstd application/x-zstd
    application/lzip application/x-lz4 application/x-7z-compressed application/x-rar
    application/x-rar-compressed application/vnd.rar application/x-tar application/x-gtar
    application/x-compress application/x-compressed application/x-cpio application/x-arj
    application/x-lzh-compressed application/x-ace-compressed application/vnd.ms-cab-compressed
    application/x-unix-archive application/x-asar application/x-iso9660-image application/x-apple-diskimage`,
  ],
  [
    'document',
    `
    application/pdf application/postscript application/eps application/rtf text/rtf application/msword
    application/x-cfb application/epub+zip application/vnd.visio application/vnd.apple.pages
    application/vnd.apple.numbers application/vnd.apple.keynote`,
  ],
  ['message', 'application/vnd.ms-outlook application/mbox'],
];

/** Families of types, after the single ones. */
const prefixes: [string, FileKind][] = [
  ['application/vnd.openxmlformats-officedocument.', 'document'],
  ['application/vnd.oasis.opendocument.', 'document'],
  ['application/vnd.ms-excel', 'document'],
  ['application/vnd.ms-powerpoint', 'document'],
  ['application/vnd.ms-word', 'document'],
  ['image/', 'image'],
  ['audio/', 'audio'],
  ['video/', 'video'],
  ['text/', 'text'],
  ['message/', 'message'],
];

const kindsOfExtensions = listed(extensions);
const kindsOfTypes = listed(types);

/** Kind of a lower-case extension without its dot. */
export function kindOfExtension(extension: string): FileKind | null {
  return kindsOfExtensions.get(extension) ?? null;
}

/** Kind of a lower-case media type without parameters; null for application/octet-stream and unknown ones. */
export function kindOfType(type: string): FileKind | null {
  return kindsOfTypes.get(type) ?? prefixes.find(([prefix]) => type.startsWith(prefix))?.[1] ?? null;
}

function listed(lists: [FileKind, string][]): Map<string, FileKind> {
  return new Map(
    lists.flatMap(([kind, words]) => (words.match(/\S+/g) ?? []).map((word) => [word, kind] as const)),
  );
}
