/** Address lists whose names are decoded after the addresses were found: no encoded word can become an address. */
import { type Address, addressParser } from 'postal-mime';
import { headerText } from './encoded-words.ts';

/** Stands in for the `?` of `=?`, so that the parser sees no encoded words; no byte text has it. */
const masked = '\uf700';

/** Every mailbox of a field, the members of groups included. @param field - the unfolded value as byte text */
export function mailboxesIn(field: string): { address: string; name: string }[] {
  return flat(addressParser(field.replaceAll('=?', `=${masked}`)));
}

function flat(addresses: readonly Address[]): { address: string; name: string }[] {
  return addresses.flatMap((entry) => {
    if (entry.group !== undefined) return flat(entry.group);
    const name = headerText(entry.name.replaceAll(masked, '?')).replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ');
    return [{ address: headerText(entry.address.replaceAll(`=${masked}`, '= ?')), name: name.trim() }];
  });
}
