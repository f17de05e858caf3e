import { Component, h, type FunctionComponent, type VNode } from 'preact';

/** A component that is drawn anew only if one of its properties is another one. */
export function memo<P extends object>(component: FunctionComponent<P>): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const now = this.props as Record<string, unknown>;
      const then = next as Record<string, unknown>;
      return Object.keys(then).length !== Object.keys(now).length || Object.keys(then).some((key) => then[key] !== now[key]);
    }

    override render(): VNode {
      return h(component as FunctionComponent, this.props);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}
