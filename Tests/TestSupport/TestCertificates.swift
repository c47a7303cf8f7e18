/// Certificates and keys for tests alone: everybody has these keys, and nothing may ever trust them.
///
/// Elliptic keys (P-256); the certificates hold from 2020 to 2120.
package enum TestCertificates {
    /// Of `localhost`, 127.0.0.1 and ::1, issued by the root.
    package static let server = Array(
        """
        -----BEGIN CERTIFICATE-----
        MIIBlTCCATqgAwIBAgIBAjAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlUZXN0IHJv
        b3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
        CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMf298ktAcQvnDUF
        +6ZdXYfxr1uEoY9UR8KJJ2JF9Qyjk0asazvJaeJf6At0w3W6F8s99STvY66zXDsi
        i/nD7V6jezB5MCwGA1UdEQQlMCOCCWxvY2FsaG9zdIcEfwAAAYcQAAAAAAAAAAAA
        AAAAAAAAATAJBgNVHRMEAjAAMB0GA1UdDgQWBBS7iLFbjwDLlaCvOYuqA2y2SPpT
        1TAfBgNVHSMEGDAWgBTyTk9Cu3IZCNgbAjeLYKeHU8rsSTAKBggqhkjOPQQDAgNJ
        ADBGAiEA9dUzdziavzGlptbTrxsZkWP/Z9m0xm6b1bj3CBVUSoQCIQCsGmOQ4v6Z
        sUuYJ8XVsB3HziGICQvZbt8yTy5AGFGvPg==
        -----END CERTIFICATE-----
        """.utf8
    )

    /// Its key.
    package static let serverKey = Array(
        """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdKmN0yo33HRhrhev
        hCqFjPMlJjsfyYKmKtMhj8JoMouhRANCAATH9vfJLQHEL5w1BfumXV2H8a9bhKGP
        VEfCiSdiRfUMo5NGrGs7yWniX+gLdMN1uhfLPfUk72Ous1w7Iov5w+1e
        -----END PRIVATE KEY-----
        """.utf8
    )

    /// The root, signed by itself.
    package static let root = Array(
        """
        -----BEGIN CERTIFICATE-----
        MIIBWzCCAQGgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlUZXN0IHJv
        b3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
        CVRlc3Qgcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLODE3wiZTFdatrG
        2C51x6qXIjItYbN3ZtMPsJjJrXCkuvwQTRUajF6YFWYmxc5BGpDwO9weBCHgbuVT
        h5onhT6jQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMB0GA1Ud
        DgQWBBTyTk9Cu3IZCNgbAjeLYKeHU8rsSTAKBggqhkjOPQQDAgNIADBFAiEA1hwz
        1qPK/nUJlODodY6HipsuAB27M5z+gOr8NZZOeJ0CIAl6z4tzT5w+oPDxUBKPKMxK
        7usxhnGQ6J2BBYfcdRZt
        -----END CERTIFICATE-----
        """.utf8
    )

    /// Of `localhost`, 127.0.0.1 and ::1, signed by itself.
    package static let other = Array(
        """
        -----BEGIN CERTIFICATE-----
        MIIBcjCCARmgAwIBAgIBAzAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
        c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
        CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEmb5n+DBIpl2Uyz
        QqKjrWODOn7uC98LqeLK5WRJ/XKMhRfj94et2nG+31eQPI+YcGRf06IMvY49bz++
        w5HvHoijWjBYMCwGA1UdEQQlMCOCCWxvY2FsaG9zdIcEfwAAAYcQAAAAAAAAAAAA
        AAAAAAAAATAJBgNVHRMEAjAAMB0GA1UdDgQWBBSZg9/Kyu95HbPIpAIhnWoowQga
        hTAKBggqhkjOPQQDAgNHADBEAiAZdDQ3WpGmg+Qr4RIxlFVcYA61R/aEAoG+PISC
        S+fE3gIgQ89qcigWLkvVNHpYFBYoEVZlyUk9ssihS/ASns7a7rM=
        -----END CERTIFICATE-----
        """.utf8
    )

    /// Its key.
    package static let otherKey = Array(
        """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgR7ywnHluBaOQyHNG
        QFwgDJc1DiBl37gKf6s3bLKOeaahRANCAARJm+Z/gwSKZdlMs0Kio61jgzp+7gvf
        C6niyuVkSf1yjIUX4/eHrdpxvt9XkDyPmHBkX9OiDL2OPW8/vsOR7x6I
        -----END PRIVATE KEY-----
        """.utf8
    )

    /// The same with a pass phrase.
    package static let encryptedKey = Array(
        """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgKtOeRj6nXhAICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEPazHsINXYN5l3R/MXtRO/gEgZDV
        PnsTfb8dxwZgsg9wA7YxyS5BEtucHjSJkoY9b8msqYndocb7zk7Z1ZUQP5HtYWtv
        AN77Wxag64U/VTUzKT6vhHIn+vxySuRFXQQo/8f200zOtDJftwUouPEiR/eG2fcN
        aohG7aqN7hpqkEPsyk2lMBhPcnyQrh5rJlEqLl/JqVR707qJyGLnEZzSJVOe3GY=
        -----END ENCRYPTED PRIVATE KEY-----
        """.utf8
    )

    /// When the server's certificate begins and ceases to hold, in seconds since 1970.
    package static let validity = 1_577_836_800...4_733_510_400
}
