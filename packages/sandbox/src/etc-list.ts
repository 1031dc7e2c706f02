/**
 * What of the host's /etc is shown inside, and what for. Only configuration that programs of /usr can't do without, or
 * answer wrongly without, and that no operator has reason to write a password into. So not: pip.conf, npmrc, gitconfig,
 * wgetrc, maven/settings.xml, chromium/policies, R/Renviron.site, ssl/private. `*` stands for any part of one name.
 */
export const SHOWN_OF_ETC = [
  // How the loader and the linker find libraries.
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  // The certificates of public authorities, Java's file of them too (Debian, Fedora, Arch), and what OpenSSL reads:
  // sections that `openssl req` and others name, on Fedora the policies that it includes.
  'ssl/certs',
  'ssl/cert.pem',
  'ssl/openssl.cnf',
  'pki/tls/certs',
  'pki/tls/cert.pem',
  'pki/tls/openssl.cnf',
  'pki/ca-trust/extracted',
  'ca-certificates/extracted',
  'crypto-policies/back-ends',
  // Types of files, by name and by content.
  'mime.types',
  'magic',
  'magic.mime',
  // Fonts: without it fontconfig finds no replacement for a name such as Helvetica.
  'fonts',
  // Pictures and print; ImageMagick's policy keeps dangerous formats out.
  'ImageMagick-*',
  'ghostscript',
  'papersize',
  'paperspecs',
  'libreoffice',
  // Java: without java.security no TLS, no digest, no random number. Fedora has it below java/.
  'java-*-openjdk',
  'java/java-*-openjdk',
  'maven/m2.conf',
  'maven/logging',
  // Its start script reads all of chromium.d.
  'chromium.d',
  // Manual pages.
  'manpath.config',
  'groff',
  // Files that Debian keeps here and links to from /usr.
  'python3',
  'python3.*',
  'matplotlibrc',
  'perl/XML/SAX',
  'R/Makeconf',
  'R/Renviron',
  'R/ldpaths',
  'R/repositories',
  'dictionaries-common',
  // TeX; what it is made of lies in /var, see below.
  'texmf',
  'xml',
  // Local time, the name of the distribution, ports and protocols by name.
  'localtime',
  'timezone',
  'os-release',
  'services',
  'protocols',
] as const;

/** Mounted as it is: Debian's links, and nothing else, from a name to one of several programs (java, convert, awk). */
export const BOUND_OF_ETC = ['alternatives'] as const;

/** Of /var, mounted where it is: what Debian makes of the TeX in /usr when that is installed (formats, maps of fonts). */
export const BOUND_OF_VAR = ['/var/lib/texmf'] as const;
