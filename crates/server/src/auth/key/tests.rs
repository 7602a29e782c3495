use super::*;

/// The thumbprint of the P-256 key in RFC 7517, appendix A.1, as an independent implementation
/// (`openssl` and `sha256sum` over the members in order) gives it.
#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    let coordinate = |text| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let x = coordinate("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4");
    let y = coordinate("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
    let public = [&[4][..], &x, &y].concat();
    let expected = "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s";
    assert_eq!(
        BASE64_URL_SAFE_NO_PAD.encode(thumbprint(&public).unwrap()),
        expected
    );

    assert_eq!(thumbprint(&public[..64]), None);
    assert_eq!(thumbprint(&[]), None);
    let compressed = [&[2][..], &x].concat();
    assert_eq!(thumbprint(&compressed), None);
}

#[test]
fn a_secret_is_always_the_same_key() {
    let secret = SigningKey::new_secret().unwrap();
    let [one, other] = [(), ()].map(|()| SigningKey::from_secret(&secret).unwrap());
    assert_eq!(one.thumbprint(), other.thumbprint());
    assert_ne!(secret, SigningKey::new_secret().unwrap());
    let p384 = &aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING;
    let p384 = EcdsaKeyPair::generate(p384).unwrap().to_pkcs8v1().unwrap();
    for broken in [
        &[][..],
        &secret[1..],
        &secret[..secret.len() - 1],
        b"key",
        p384.as_ref(),
    ] {
        let refused = SigningKey::from_secret(broken).unwrap_err();
        assert!(refused.contains("algorithm"), "{refused}");
    }
}
