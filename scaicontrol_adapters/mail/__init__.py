"""E-mail: templates to HTML, HTML to MIME. The channels that hand it over have packages of their own."""
