//! Certificates: an authority that only this run knows, and one for the endpoint.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Where Linux distributions have their authorities, which a function loads on AWS as well.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Files of what a client is to trust.
#[derive(Clone, Debug)]
pub struct Roots {
    /// This machine's authorities and ours: loading them costs what it costs on AWS.
    pub all: PathBuf,
    /// Ours alone, for who brings the world's authorities along.
    pub ours: PathBuf,
}

/// Makes the certificates.
pub(super) fn certify(folder: &Path) -> Result<(TlsAcceptor, Roots)> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "authority of the bench");
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(vec!["127.0.0.1".into()])?;
    server.distinguished_name.push(DnType::CommonName, "endpoint of the bench");
    server.use_authority_key_identifier_extension = true; // Python from 3.13 on asks for it
    let certificate = server.signed_by(&key, &issuer)?;

    let system = SYSTEM_ROOTS.iter().map(Path::new).find(|path| path.is_file());
    let system = system.context("this machine has no file of certificate authorities; install ca-certificates")?;
    let roots = Roots { all: folder.join("roots.pem"), ours: folder.join("authority.pem") };
    std::fs::write(&roots.all, std::fs::read_to_string(system)? + "\n" + &authority_certificate.pem())?;
    std::fs::write(&roots.ours, authority_certificate.pem())?;

    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    // Neither DynamoDB nor SQS speaks HTTP/2.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), roots))
}
