// Rules for oxlint about lists of any length. Arguments lie on the stack: `list.push(...other)` ends in "Maximum call
// stack size exceeded" when the other list has some 120,000 elements, and who wrote the input decides how many it has.

const MESSAGE =
  'a list spread into a call lies on the stack: use append(), greatest() or smallest() of base/long-lists, or pass the list; where its length is known, say so: // bounded: why';

// Whether a list is the arguments that a function around it was called with: they lay on the stack already.
const isForwarded = (node) => {
  if (node.type !== 'Identifier') return false;
  for (let around = node.parent; around !== null; around = around.parent) {
    const last = around.params?.at(-1);
    if (last?.type === 'RestElement' && last.argument.name === node.name) return true;
  }
  return false;
};

const isShort = (node) => {
  switch (node.type) {
    case 'Identifier':
      return isForwarded(node);
    case 'ArrayExpression':
      return node.elements.every((element) => element?.type !== 'SpreadElement' || isShort(element.argument));
    case 'ConditionalExpression':
      return isShort(node.consequent) && isShort(node.alternate);
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return isShort(node.expression);
    default:
      return false;
  }
};

// `f.apply(self, list)`, `Reflect.apply(f, self, list)`, `Reflect.construct(Class, list)`
const appliedList = ({ callee, arguments: given }) => {
  if (callee.type !== 'MemberExpression' || callee.property.type === 'PrivateIdentifier') return undefined;
  const name = callee.computed ? callee.property.value : callee.property.name;
  if (name !== 'apply' && name !== 'construct') return undefined;
  const isReflect = callee.object.type === 'Identifier' && callee.object.name === 'Reflect';
  if (name === 'construct') return isReflect ? given[1] : undefined;
  return given[isReflect ? 2 : 1];
};

const noSpreadInCall = {
  meta: { type: 'problem', messages: { spread: MESSAGE } },
  create(context) {
    const saidLines = new Set(); // of code that a comment calls bounded
    const report = (node) => {
      if (!saidLines.has(node.loc.start.line)) context.report({ node, messageId: 'spread' });
    };
    const check = (node) => {
      for (const argument of node.arguments)
        if (argument.type === 'SpreadElement' && !isShort(argument.argument)) report(argument);
      const applied = node.type === 'CallExpression' ? appliedList(node) : undefined;
      if (applied !== undefined && applied.type !== 'SpreadElement' && !isShort(applied)) report(applied);
    };
    return {
      Program() {
        for (const { value, loc } of context.sourceCode.getAllComments()) {
          if (!/^\s*bounded: \S/u.test(value)) continue;
          const before = context.sourceCode.lines[loc.start.line - 1].slice(0, loc.start.column);
          saidLines.add(before.trim() === '' ? loc.end.line + 1 : loc.start.line);
        }
      },
      CallExpression: check,
      NewExpression: check,
    };
  },
};

export default { meta: { name: 'lists' }, rules: { 'no-spread-in-call': noSpreadInCall } };
