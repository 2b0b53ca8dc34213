/** The part of a connection's life that a line is about. `calls` is what comes after it: the hub makes no such calls. */
export type Part = 'authorization' | 'exchange' | 'refresh' | 'identity' | 'calls';

/** One thing that an import could not carry over, or carried over in another way. */
export interface ReportLine {
  provider: string;
  /** The registry's field. */
  field: string;
  part: Part;
  /** `lost`: the record does not do it. `changed`: it does, in another way than the registry. */
  kind: 'lost' | 'changed';
  message: string;
}

/** Collects the lines of one entry. */
export class Report {
  readonly lines: ReportLine[] = [];
  readonly provider: string;

  constructor(provider: string) {
    this.provider = provider;
  }

  lost(field: string, part: Part, message: string): void {
    this.lines.push({ provider: this.provider, field, part, kind: 'lost', message });
  }

  changed(field: string, part: Part, message: string): void {
    this.lines.push({ provider: this.provider, field, part, kind: 'changed', message });
  }
}
