/// TLS.
enum EncryptionSettings: SettingSection {
    static let title = "TLS"

    static let settings: [Setting] = [
        Setting(
            "tls_certificate",
            """
            File with the certificate, in PEM form, behind it those of its issuers: all addresses but socket files speak \
            HTTPS, TLS 1.2 and 1.3. Read again on SIGHUP; a file that is not right leaves the old one in use.
            """,
            .optionalPath,
            \.tlsCertificate,
            with: "tls_key",
            { $0.tlsKey != nil }
        ),
        Setting(
            "tls_key",
            "File with the certificate's private key, in PEM form and without a pass phrase.",
            .optionalPath,
            \.tlsKey,
            with: "tls_certificate",
            { $0.tlsCertificate != nil }
        ),
    ]
}
