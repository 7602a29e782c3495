//! What is written reads as the same model.

use expect_test::expect_file;

use crate::csdl::tests::{DEVICE_MANAGEMENT, EXPRESSIONS, LIBRARY, STOREFRONT, library};
use crate::model::Model;

#[track_caller]
fn check_round_trip(xml: &str) {
    let model = Model::from_csdl(xml).expect("a model");
    let written = model.to_xml();
    let again = Model::from_csdl(&written).expect("what is written is a model");
    assert!(again == model, "not the same model:\n{written}");
    assert_eq!(again.to_xml(), written);
    assert!(!written.contains("Alias="), "no schema has an alias");
}

#[test]
fn models_come_back_the_same() {
    for xml in [LIBRARY, EXPRESSIONS, STOREFRONT, DEVICE_MANAGEMENT] {
        check_round_trip(xml);
    }
}

#[test]
fn the_library_as_metadata() {
    expect_file!["../../testdata/library.metadata.xml"].assert_eq(&library().to_xml());
}

#[test]
fn expressions_as_metadata() {
    let model = Model::from_csdl(EXPRESSIONS).expect("a model");
    expect_file!["../../testdata/expressions.metadata.xml"].assert_eq(&model.to_xml());
}

#[test]
fn the_version_can_be_lowered() {
    let model = library();
    assert_eq!(model.version(), "4.01");
    let lowered = model.to_xml_as("4.0");
    assert!(lowered.contains("Version=\"4.0\">"));
    assert_eq!(
        Model::from_csdl(&lowered).expect("a model").version(),
        "4.0"
    );
}
