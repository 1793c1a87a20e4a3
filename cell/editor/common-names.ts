/** Names of Python and Sage that are offered before any kernel can be asked. */
export const commonNames: readonly string[] = `
and as assert break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield
True False None print range len list tuple dict set str sum min max sorted enumerate zip map filter abs round input open isinstance
ZZ QQ RR CC RDF CDF AA QQbar GF Integer Rational RealField ComplexField Integers Zmod Zp Qp NumberField PolynomialRing PowerSeriesRing LaurentSeriesRing FractionField
matrix vector identity_matrix zero_matrix random_matrix diagonal_matrix block_matrix MatrixSpace VectorSpace span
var function solve solve_mod find_root diff derivative integrate integral numerical_integral limit taylor series sum product expand factor simplify assume forget desolve laplace
sin cos tan arcsin arccos arctan sinh cosh tanh exp log sqrt gamma zeta erf binomial factorial floor ceil sign oo infinity
is_prime next_prime previous_prime primes prime_range prime_pi factor gcd lcm xgcd divisors euler_phi moebius sigma power_mod inverse_mod crt continued_fraction random_prime primitive_root kronecker
plot plot3d parametric_plot parametric_plot3d implicit_plot implicit_plot3d contour_plot density_plot plot_vector_field plot_slope_field polar_plot list_plot bar_chart histogram region_plot complex_plot revolution_plot3d
point line circle ellipse arrow polygon text arc sphere cube cylinder torus tetrahedron dodecahedron graphics_array animate show
graphs Graph DiGraph digraphs posets Poset Partitions Permutations Permutation Combinations Compositions Subsets Words Tableaux SymmetricGroup AlternatingGroup DihedralGroup CyclicPermutationGroup PermutationGroup
EllipticCurve ModularForms Polyhedron polytopes MixedIntegerLinearProgram SymmetricFunctions WeylGroup RootSystem simplicial_complexes hypersurface ideal Ideal
interact dynamic dynamic_expression exercise slider range_slider input_box input_grid selector checkbox color_selector text_control latex view table html pretty_print timeit reset prod srange xsrange cartesian_product random randint choice shuffle set_random_seed
`
  .trim()
  .split(/\s+/);
