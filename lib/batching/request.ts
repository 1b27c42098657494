import type { Queued } from './queue'
import type { EncodedRow } from './rows'
import type { RowResult, ShapedResult } from './sized'
import { Wait } from './wait'

/** What a caller gets. */
export type Result = RowResult | Record<string, ShapedResult>

/** A row that waits, or runs. */
export class Request implements EncodedRow, Queued {
  place = -1
  readonly key: string
  readonly dims: EncodedRow['dims']
  readonly data: EncodedRow['data']
  readonly wait: Wait<Result>

  constructor(
    { key, dims, data }: EncodedRow,
    timeoutMs: number | undefined,
    readonly order: number,
    readonly withShapes: boolean,
  ) {
    this.key = key
    this.dims = dims
    this.data = data
    this.wait = new Wait(timeoutMs)
  }
}
