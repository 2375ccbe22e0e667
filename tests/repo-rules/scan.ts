/** A string or template literal of a source file. `start` is the offset of its opening quote. */
export interface Literal {
  value: string;
  start: number;
  /** The offset just behind its closing quote. */
  end: number;
  /** Whether it is a template with a `${…}` in it. */
  interpolated: boolean;
}

export interface Comment {
  value: string;
  start: number;
}

/** A source file taken apart, so that a rule about code is not fooled by text and the other way round. */
export interface Scan {
  /** The text with comments and the insides of literals blanked out: same length, same lines. */
  code: string;
  literals: Literal[];
  comments: Comment[];
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const QUOTED = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const TEMPLATE_TEXT = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*/y;

/** A slash behind one of these starts a regular expression; behind anything else it divides. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|case|typeof|of|in|await|yield))\s*$/;

/** Takes TypeScript apart. It knows literals, comments and regular expressions, and no more of the grammar. */
export function scan(text: string): Scan {
  const code = text.split("");
  const literals: Literal[] = [];
  const comments: Comment[] = [];
  /** For each template we are inside of: the literal, and how many braces are open in its `${…}`. */
  const templates: { literal: Literal; depth: number }[] = [];
  let at = 0;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const blank = (from: number, to: number) => {
    for (let i = from; i < to; i++) if (code[i] !== "\n") code[i] = " ";
  };
  const readTemplateText = (literal: Literal) => {
    const part = match(TEMPLATE_TEXT) ?? "";
    blank(at, at + part.length);
    literal.value += part;
    at += part.length;
    if (text[at] === "$") {
      literal.interpolated = true;
      literal.value += "${}";
      templates.push({ literal, depth: 0 });
      at += 2;
    } else {
      at += 1;
      literal.end = at;
    }
  };

  while (at < text.length) {
    const char = text[at];
    const template = templates.at(-1);
    if (char === "/") {
      const comment = match(COMMENT);
      if (comment !== undefined) {
        comments.push({ value: comment, start: at });
        blank(at, at + comment.length);
        at += comment.length;
        continue;
      }
      const regex = BEFORE_REGEX.test(code.slice(Math.max(0, at - 40), at).join(""))
        ? match(REGEX)
        : undefined;
      blank(at, at + (regex?.length ?? 0));
      at += regex?.length ?? 1;
    } else if (char === '"' || char === "'") {
      const quoted = match(QUOTED) ?? char;
      literals.push({ value: quoted.slice(1, -1), start: at, end: at + quoted.length, interpolated: false });
      blank(at + 1, at + quoted.length - 1);
      at += quoted.length;
    } else if (char === "`") {
      const literal: Literal = { value: "", start: at, end: text.length, interpolated: false };
      literals.push(literal);
      at += 1;
      readTemplateText(literal);
    } else if (template !== undefined && char === "}" && template.depth === 0) {
      templates.pop();
      at += 1;
      readTemplateText(template.literal);
    } else {
      if (template !== undefined && char === "{") template.depth += 1;
      if (template !== undefined && char === "}") template.depth -= 1;
      at += 1;
    }
  }
  return { code: code.join(""), literals, comments };
}

/** The line, counted from 1, of an offset in a text. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
