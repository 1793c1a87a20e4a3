/** Short pieces of code that show what the page can do; next: share-link.ts. */

export const examples: readonly { readonly name: string; readonly code: string }[] = [
  { name: "Plot", code: "plot(sin(x) * exp(-x/5), (x, 0, 20), fill=True)" },
  { name: "Integrate", code: "f(x) = x^2 * cos(x)\nintegrate(f(x), x)" },
  { name: "Factor", code: "factor(2^128 + 1)" },
  {
    name: "Table",
    code: "table([[n, factor(n), euler_phi(n)] for n in [2..12]],\n      header_row=['n', 'factored', 'phi(n)'])",
  },
  { name: "3-D", code: "var('y')\nplot3d(sin(x*y), (x, -2, 2), (y, -2, 2), color='teal')" },
  {
    name: "Ask",
    code: "n = Integer(input('How many digits of pi? '))\nprint(N(pi, digits=min(n, 1000)))",
  },
  { name: "Polynomials", code: "R.<x,y> = QQ[]\nI = ideal(x^2 + y^2 - 1, x - y)\nI.groebner_basis()" },
  { name: "Step by step", code: "from time import sleep\nfor k in [1..5]:\n    print(k, k^k)\n    sleep(1)" },
];
