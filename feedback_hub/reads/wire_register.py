"""The register on the wire: sites, services, organisations."""

from __future__ import annotations

from feedback_hub.domain.place import Organisation, Service, Site
from feedback_hub.reads.wire import Json


def site_body(site: Site) -> Json:
    """A site; a P-code never travels without its scheme."""
    return {
        "code": site.code,
        "name": site.name,
        "aliases": list(site.aliases),
        "province": site.province,
        "district": site.district,
        "pcode": site.pcode,
        "pcode_scheme": site.pcode_scheme,
        "latitude": site.latitude,
        "longitude": site.longitude,
        "population": site.population,
        "capacity": site.capacity,
        "status": site.status,
    }


def service_body(service: Service) -> Json:
    """A service, without its focal point's address."""
    return {
        "site": service.site,
        "sector": service.sector,
        "organisation": service.organisation,
        "hours": service.hours,
        "valid_from": service.valid_from.isoformat() if service.valid_from else None,
        "valid_to": service.valid_to.isoformat() if service.valid_to else None,
    }


def organisation_body(organisation: Organisation) -> Json:
    """An organisation, without its address."""
    return {
        "code": organisation.code,
        "name": organisation.name,
        "kind": organisation.kind,
        "language": organisation.language,
        "active": organisation.active,
    }
