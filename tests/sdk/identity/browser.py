"""A browser without eyes: it fills the server's forms in and follows it, as far as a client's address."""

import html.parser
import urllib.parse

import requests


class Form(html.parser.HTMLParser):
    """The form of a page: where it leads, and its hidden fields."""

    def __init__(self, page):
        super().__init__()
        self.action = None
        self.fields = {}
        self.names = set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.action = given["action"]
        elif tag == "input":
            self.names.add(given["name"])
            if given["type"] == "hidden":
                self.fields[given["name"]] = given["value"]


class Browser:
    def __init__(self):
        self.session = requests.Session()

    def fill(self, answer, **fields):
        """Sends the form of a page; follows the server, and stops where it sends the browser elsewhere."""
        assert answer.status_code == 200, answer.text
        form = Form(answer.text)
        action = urllib.parse.urljoin(answer.url, form.action)
        sent = self.session.post(
            action, {**form.fields, **fields}, allow_redirects=False
        )
        return self.follow(sent)

    def follow(self, answer):
        while answer.status_code == 303:
            target = urllib.parse.urljoin(answer.url, answer.headers["Location"])
            if urllib.parse.urlsplit(target).netloc != urllib.parse.urlsplit(answer.url).netloc:
                return answer
            answer = self.session.get(target, allow_redirects=False)
        return answer

    def sign_in(self, url, name, password):
        page = self.session.get(url, allow_redirects=False)
        return self.fill(page, username=name, password=password, step="password")


def parameters(answer):
    """What the server gives the client in the query of its address."""
    query = urllib.parse.urlsplit(answer.headers["Location"]).query
    return dict(urllib.parse.parse_qsl(query))
