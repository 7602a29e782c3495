//! No document makes reading panic, run away or overflow the stack.

use proptest::prelude::*;

use super::{LIBRARY, document};
use crate::model::Model;

#[test]
fn deep_nesting_is_refused() {
    let depth = 100_000;
    let deep = format!(
        "{}{}",
        "<Collection>".repeat(depth),
        "</Collection>".repeat(depth)
    );
    let xml = document(&format!("<Annotation Term=\"t\">{deep}</Annotation>"));
    let error = Model::from_csdl(&xml).expect_err("too deep").to_string();
    assert!(error.contains("nested deeper than 64"), "{error}");
}

#[test]
fn a_long_line_of_descent_is_read() {
    let mut types = "<ComplexType Name=\"t0\"/>".to_owned();
    for i in 1..5_000 {
        types.push_str(&format!(
            "<ComplexType Name=\"t{i}\" BaseType=\"a.t{}\"/>",
            i - 1
        ));
    }
    let model = Model::from_csdl(&document(&types)).expect("a model");
    let ids = (
        model.find_structured("ns.t4999"),
        model.find_structured("ns.t0"),
    );
    assert!(model.is_a(ids.0.expect("last"), ids.1.expect("first")));
}

/// Each type contains the next ten times over: the default would have 10^12 values.
#[test]
fn defaults_that_explode_are_refused() {
    let mut types = String::new();
    for i in 0..12 {
        let property = |p: i32| {
            format!(
                "<Property Name=\"p{p}\" Type=\"a.t{}\" Nullable=\"false\"/>",
                i + 1
            )
        };
        let properties: String = (0..10).map(property).collect();
        types.push_str(&format!(
            "<ComplexType Name=\"t{i}\">{properties}</ComplexType>"
        ));
    }
    types.push_str("<ComplexType Name=\"t12\"/>");
    let error = Model::from_csdl(&document(&types))
        .expect_err("too large")
        .to_string();
    assert!(error.contains("more than 10000 values"), "{error}");
}

#[test]
fn defaults_that_nest_too_deep_are_refused() {
    let ty = |i: i32| {
        let next = i + 1;
        format!(
            "<ComplexType Name=\"t{i}\"><Property Name=\"p\" Type=\"a.t{next}\" Nullable=\"false\"/></ComplexType>"
        )
    };
    let types: String = (0..5_000).map(ty).collect();
    let error = Model::from_csdl(&document(&format!("{types}<ComplexType Name=\"t5000\"/>")));
    let error = error.expect_err("too deep").to_string();
    assert!(error.contains("nest deeper than 32"), "{error}");
}

proptest! {
    #[test]
    fn any_text_is_answered(text in ".*") {
        prop_assert!(Model::from_csdl(&text).is_err());
    }

    /// A document with a part cut out or put in is read or refused; what is read can be written
    /// and read again.
    #[test]
    fn damaged_documents(start in 0..LIBRARY.len(), length in 0..40_usize, put in "[<>/\"&a-z =.()@]{0,8}") {
        let end = (start + length).min(LIBRARY.len());
        let mut xml = LIBRARY.to_owned();
        xml.replace_range(start..end, &put);
        if let Ok(model) = Model::from_csdl(&xml) {
            let again = Model::from_csdl(&model.to_xml()).map_err(|e| e.to_string());
            prop_assert!(again == Ok(model), "not the same: {xml}");
        }
    }
}
