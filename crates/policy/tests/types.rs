//! What must not compile does not, and the compiler names the clause where one says so.

#[test]
fn what_the_policy_does_not_allow_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
