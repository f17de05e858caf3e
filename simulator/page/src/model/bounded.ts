/** A list that keeps its newest items. Dropping is done in strides, so that adding stays cheap. */
export class Bounded<T> {
  items: T[] = [];
  /** How many have gone. */
  dropped = 0;

  constructor(readonly limit: number) {}

  push(item: T): T[] {
    this.items.push(item);
    const stride = Math.max(1, this.limit >> 3);
    if (this.items.length < this.limit + stride) return [];
    this.dropped += stride;
    return this.items.splice(0, stride);
  }

  clear(): void {
    this.items = [];
    this.dropped = 0;
  }
}
