/** What all processes of one installation have in common. */

export interface InstallationTables {
  installation_marks: InstallationMarksTable;
}

interface InstallationMarksTable {
  /** `master_key:{id}`, `sign_in_key` or `storage`. */
  name: string;
  /** The fingerprint of a key; the name of the mark that lies in the storage. */
  value: string;
}
