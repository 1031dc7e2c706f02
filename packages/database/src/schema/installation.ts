/** What all processes of one installation have in common. */

export interface InstallationTables {
  installation_marks: InstallationMarksTable;
  sending_stops: SendingStopsTable;
}

interface InstallationMarksTable {
  /** `master_key:{id}`, `sign_in_key` or `storage`. */
  name: string;
  /** The fingerprint of a key; the name of the mark that lies in the storage. */
  value: string;
}

/** One row while all sending is stopped, none while mail goes out. */
interface SendingStopsTable {
  name: string;
  stopped_at: number;
  /** Canonical address; null for a program on the machine itself. */
  stopped_by: string | null;
}
